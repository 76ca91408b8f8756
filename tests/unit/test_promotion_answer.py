"""What is written back to a version that was promoted or not: tags, and a page in Markdown."""

from datetime import date
from types import SimpleNamespace

import pytest

from credit_limits.domain.errors import DataMissing, ModelError
from tests.promotion_samples import MODEL, MemoryRegistry
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.promotion_request import answer, answered_where_it_fails, description_of


@pytest.fixture
def platform():
    registry = MemoryRegistry(files={("3", "model_card.md"): b"# Model card\n\nOf version 3."})
    return SimpleNamespace(registry=registry)


def outcome(*, cleared, **changes):
    performance = CheckRow(
        check="performance",
        passed=cleared,
        measured={"auc_low": 0.71234, "auc_high": 0.8},
        threshold={"auc_low >=": 0.7, "defaults >=": 1_000.0},
        message="auc_low 0.61 is | below 0.7",
    )
    data = CheckRow(check="data", passed=True, measured={}, threshold={}, message="all validated")
    return PromoteModelOutcome(
        model_name=MODEL,
        version="3",
        as_of=date(2024, 1, 31),
        cleared=cleared,
        checks=[data, performance],
        certificate_digest="c" * 64 if cleared else None,
        previous_champion=None,
        thresholds_version="default_risk/2005-01-01",
        evidence_digest="e" * 64,
        **changes,
    )


def test_the_page_has_a_row_a_check_with_measured_and_threshold(platform):
    text = description_of(platform, outcome(cleared=True))
    assert text.startswith("# Gate\n\nThe gate says **cleared**, for 2024-01-31")
    assert "| check | measured | threshold | result |" in text
    assert (
        "| performance | auc_low 0.7123<br>defaults absent | &gt;= 0.7<br>&gt;= 1,000 | passed |"
        in text
    )
    assert "| data |  |  | passed |" in text


def test_a_refused_check_says_why_and_no_text_breaks_its_row(platform):
    text = description_of(platform, outcome(cleared=False))
    assert "The gate says **refused** by performance, for 2024-01-31" in text
    assert "**refused**: auc_low 0.61 is \\| below 0.7 |" in text
    assert "certificate" not in text


def test_the_page_links_to_the_evidence_and_ends_with_the_model_card(platform):
    text = description_of(platform, outcome(cleared=True))
    files = "#/experiments/1/runs/run-3/artifacts/gate"
    for name in ("evidence", "verdict", "certificate"):
        assert f"({files}/{name}.json)" in text
    assert text.endswith("# Model card\n\nOf version 3.")


def test_a_version_without_a_card_is_told_its_verdict_all_the_same(platform):
    platform.registry.files.clear()
    assert description_of(platform, outcome(cleared=True)).endswith("certificate.json).")


def test_an_answer_again_writes_the_same(platform):
    for _ in range(2):
        answer(platform, outcome(cleared=False))
        assert platform.registry.tags["3"] == {"promotion": "refused"}
        assert platform.registry.descriptions["3"].startswith("# Gate")


def test_what_an_earlier_promotion_said_is_taken_off(platform):
    platform.registry.tags["3"] = {"gate_failing": "data", "promotion_says": "ModelError: x"}
    answer(platform, outcome(cleared=True))
    assert platform.registry.tags["3"] == {"promotion": "cleared"}


@pytest.mark.parametrize("asked", ["taken", "requested", None])
def test_a_promotion_that_fails_says_so_where_it_was_taken(platform, asked):
    platform.registry.tags["3"] = {"promotion": asked} if asked else {}
    with pytest.raises(DataMissing), answered_where_it_fails(platform, MODEL, "3"):
        raise DataMissing("no features of that day")
    said = {"promotion": "failed", "promotion_says": "DataMissing: no features of that day"}
    expected = said if asked == "taken" else {"promotion": asked} if asked else {}
    assert platform.registry.tags["3"] == expected


def test_an_error_of_another_tree_is_no_answer(platform):
    platform.registry.tags["3"] = {"promotion": "taken"}
    with pytest.raises(ZeroDivisionError), answered_where_it_fails(platform, MODEL, "3"):
        raise ZeroDivisionError
    assert platform.registry.tags["3"] == {"promotion": "taken"}


def test_a_long_error_is_cut_to_what_a_tag_holds(platform):
    platform.registry.tags["3"] = {"promotion": "taken"}
    with pytest.raises(ModelError), answered_where_it_fails(platform, MODEL, "3"):
        raise ModelError("x" * 9_000)
    assert len(platform.registry.tags["3"]["promotion_says"]) == 1000


def test_a_version_that_waits_says_for_what(platform):
    waits = outcome(cleared=False).model_copy(update={"waits_for": "version 2, in canary"})
    text = description_of(platform, waits)
    assert "Not judged for" in text
    assert "it waits for version 2, in canary" in text
