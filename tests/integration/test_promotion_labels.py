"""Labels looked up again: what was known on the day of the training, and what came later."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from credit_limits.domain.errors import ModelError
from tests.feature_tables import Row, arrow, rows
from tests.promotion_samples import SERVICE, open_sample
from tidegate.operations.candidate import Candidate
from tidegate.operations.data_evidence import labels_known_late

COHORT = date(2024, 1, 31)


def at(month: int, day: int) -> datetime:
    return datetime(2024, month, day, 12, tzinfo=UTC)


def statement(month: int, day: int, days_past_due: int, known: datetime | None = None) -> Row:
    happened = at(month, day)
    return {
        "event_timestamp": happened,
        "created_timestamp": known or happened,
        "days_past_due": days_past_due,
    }


def outcome(defaulted: bool, known: datetime, month: int = 1, day: int = 31) -> Row:
    return {
        "event_timestamp": at(month, day),
        "created_timestamp": known,
        "known_at": known,
        "defaulted": defaulted,
    }


def late(tmp_path: Path, table: str, given: list[Row], label: bool, trained: date) -> bool:
    """Whether this label of the one account A1 could not have been known."""
    platform = open_sample(tmp_path / "var")
    for name, content in (("accounts", [{"event_timestamp": at(1, 1)}]), (table, given)):
        made = rows(name, *content)[name]
        platform.lake.append(name, arrow(name, made), "batch-1")
    versions = ", ".join(f'"{name}": 0' for name in {"accounts", "customers", "statements", table})
    loaded = SimpleNamespace(
        version="1",
        feature_service=SERVICE,
        tags={
            "data_versions": f"{{{versions}}}",
            "as_of": trained.isoformat(),
            "label_window_months": "2",
        },
    )
    candidate = Candidate(platform, loaded, trained, None)
    candidate.__dict__["training_rows"] = pd.DataFrame(
        {"account_id": ["A1"], "as_of": [pd.Timestamp(COHORT)], "label": [label], "part": ["fit"]}
    )
    return bool(labels_known_late(candidate))


TRAINED, TOO_EARLY = date(2024, 3, 31), date(2024, 3, 30)
GOOD = [statement(2, 29, 0), statement(3, 31, 30)]
BAD = [statement(2, 29, 90)]


@pytest.mark.parametrize(
    ("given", "label", "trained", "expected"),
    [
        (BAD, True, TRAINED, False),
        (BAD, True, TOO_EARLY, False),  # a default is known before its window ends
        (BAD, False, TRAINED, True),
        (GOOD, False, TRAINED, False),
        (GOOD, False, TOO_EARLY, True),  # a good end is not
        (GOOD, True, TRAINED, True),
        ([statement(1, 31, 90)], True, TRAINED, True),  # before its window
        ([statement(4, 1, 90)], True, date(2024, 4, 30), True),  # after its window
        ([statement(3, 31, 90, known=at(4, 5))], True, TRAINED, True),
        ([statement(3, 31, 90, known=at(4, 5))], True, date(2024, 4, 5), False),
    ],
)
def test_labels_of_statements(tmp_path, given, label, trained, expected):
    assert late(tmp_path, "statements", given, label, trained) is expected


@pytest.mark.parametrize(
    ("given", "label", "trained", "expected"),
    [
        ([outcome(True, at(3, 31))], True, TRAINED, False),
        ([outcome(False, at(3, 31))], False, TRAINED, False),
        ([outcome(True, at(3, 31))], False, TRAINED, True),
        ([outcome(True, at(3, 31))], True, TOO_EARLY, True),
        ([outcome(True, at(2, 15), month=1, day=3)], True, TRAINED, False),
        ([outcome(True, at(2, 15), month=2, day=1)], True, TRAINED, True),  # another cohort's
        ([outcome(True, at(2, 15), month=2, day=1)], False, TRAINED, True),
    ],
)
def test_labels_of_outcomes(tmp_path, given, label, trained, expected):
    assert late(tmp_path, "outcomes", given, label, trained) is expected


def test_a_later_correction_of_an_outcome_does_not_reach_back(tmp_path):
    first, corrected = outcome(False, at(3, 1)), outcome(True, at(4, 9))
    assert not late(tmp_path, "outcomes", [first, corrected], False, TRAINED)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"as_of": "soon"}, "when it was trained"),
        ({"label_window_months": "two"}, "not say its label window"),
    ],
)
def test_a_version_that_does_not_say_when_it_was_trained(tmp_path, spoil, said):
    tags = {"as_of": "2024-03-31", "label_window_months": "2"} | spoil
    loaded = SimpleNamespace(
        model_name="default_risk", version="1", feature_service=SERVICE, tags=tags
    )
    candidate = Candidate(open_sample(tmp_path / "var"), loaded, TRAINED, None)
    with pytest.raises(ModelError, match=said):
        labels_known_late(candidate)
