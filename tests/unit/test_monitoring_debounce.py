"""Debounce: an input's alarm waits for company; the score and a broken column do not."""

import numpy as np
import pandas as pd
import pytest

from monitoring.debounce import debounced
from monitoring.drift import DriftVerdict, drift_verdict
from monitoring.reference import build_reference
from monitoring.thresholds import Debounce, DriftLevel
from tests.gate_samples import drift_thresholds

TWO_OF_THREE = Debounce(2, 3)
ALARM, NOTICE = DriftLevel.ALARM, DriftLevel.NOTICE


def frame(**changes: object) -> pd.DataFrame:
    random = np.random.default_rng(1)
    values = {name: random.normal(size=2_000) for name in ("income", "score")}
    return pd.DataFrame(values).assign(**changes)


REFERENCE = build_reference(frame(), ["income", "score"])


def verdict(**changes: object) -> DriftVerdict:
    return drift_verdict(REFERENCE, frame(**changes), drift_thresholds())


MOVED = verdict(income=frame()["income"] + 2)


@pytest.mark.parametrize(
    ("before", "level"),
    [
        ([], "notice"),
        (["none"], "notice"),
        (["notice", "notice"], "notice"),
        (["alarm"], "alarm"),
        (["alarm", "none"], "alarm"),
        (["alarm", "none", "none"], "notice"),
    ],
)
def test_two_of_the_last_three_watches_are_an_alarm(before, level):
    seen = [{"income": DriftLevel[word.upper()], "score": DriftLevel.NONE} for word in before]
    found = debounced(MOVED, seen, TWO_OF_THREE)
    assert found.level.word == level
    assert found.columns[0].level.word == level
    assert found.columns[0].measured is ALARM
    assert ("2 are an alarm" in found.columns[0].finding) is (level == "notice")


def test_the_latest_watch_must_be_among_them():
    calm = debounced(verdict(), [{"income": ALARM}, {"income": ALARM}], TWO_OF_THREE)
    assert calm.level is DriftLevel.NONE


@pytest.mark.parametrize(
    "changes", [{"score": frame()["score"] + 2}, {"income": np.nan}, {"income": "much"}]
)
def test_the_score_and_a_broken_column_alarm_at_once(changes):
    assert debounced(verdict(**changes), [], TWO_OF_THREE).level is ALARM


def test_too_few_rows_alarm_at_once():
    few = drift_verdict(REFERENCE, frame().head(50), drift_thresholds())
    assert debounced(few, [], TWO_OF_THREE).level is ALARM


def test_one_of_one_holds_nothing_back():
    assert debounced(MOVED, [], Debounce(1, 1)) == MOVED


@pytest.mark.parametrize("pair", [(0, 3), (4, 3), (1, 0)])
def test_a_debounce_that_cannot_be(pair):
    with pytest.raises(ValueError, match="cannot be"):
        Debounce(*pair)
