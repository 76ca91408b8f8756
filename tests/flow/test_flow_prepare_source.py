"""prepare_source: a lender's files are recognised, and where there are none a world is made."""

import pytest

from credit_limits.domain.errors import InputError, MappingError
from credit_limits.ledger.entry import EntryKind
from tidegate.operations.prepare_source import PrepareSourceRequest, prepare_source

SMALL = {"customers": 30, "months": 3}


def test_without_data_a_world_is_made_once(platform):
    request = PrepareSourceRequest(**SMALL)
    made = prepare_source(platform, request)
    assert made.source == "world"
    assert made.path.is_relative_to(platform.settings.root / "world")
    assert made.rows == prepare_source(platform, request).rows > 0
    assert (made.recognised, prepare_source(platform, request).recognised) == (False, True)


def test_another_seed_is_another_world(platform):
    paths = {
        prepare_source(platform, PrepareSourceRequest(**SMALL, seed=seed)).path for seed in (7, 8)
    }
    assert len(paths) == 2


def test_a_lenders_file_is_recognised_with_what_its_model_is_trained_with(platform, taiwan_csv):
    found = prepare_source(platform, PrepareSourceRequest(data=taiwan_csv))
    assert (found.source, found.path, found.rows) == ("taiwan", taiwan_csv, None)
    assert found.feature_service == "default_risk_statements_v1"
    assert found.label_window_months == 1


def test_a_source_that_is_named_is_taken_at_its_word(platform, tmp_path):
    found = prepare_source(platform, PrepareSourceRequest(data=tmp_path, source="taiwan"))
    assert found.source == "taiwan"


@pytest.mark.parametrize(("held", "asked"), [("world", "taiwan"), ("taiwan", "world")])
def test_what_is_simulated_and_what_is_a_lenders_own_are_never_mixed(
    platform, tmp_path, held, asked
):
    platform.ledger.append(EntryKind.BATCH_ACCEPTED, "tester", {"source": held}, key="b")
    data = None if asked == "world" else tmp_path
    with pytest.raises(InputError, match=f"mapping {held};.*TIDEGATE_VAR_DIR=var/{asked}"):
        prepare_source(platform, PrepareSourceRequest(data=data, source=asked, **SMALL))
    prepare_source(platform, PrepareSourceRequest(data=tmp_path, source=held, **SMALL))


def test_what_cannot_be_prepared_says_why(platform, tmp_path):
    with pytest.raises(InputError):
        prepare_source(platform, PrepareSourceRequest(data=tmp_path / "none"))
    with pytest.raises(MappingError, match="no mapping"):
        prepare_source(platform, PrepareSourceRequest(data=tmp_path, source="atlantis"))
