"""Matured decisions: observed over expected, by group, and what is not known yet."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from credit_limits.domain.errors import PolicyError
from monitoring.matured import MaturedVerdict, excess_p_value, matured_verdict, not_judged
from monitoring.matured_thresholds import parse_matured_thresholds
from monitoring.thresholds import DriftLevel
from tests.changed_content import changed
from tests.gate_samples import POLICIES
from tidegate.adapters.dated_policies import load_dated

CONTENT = load_dated(POLICIES / "monitoring", date(2024, 1, 31)).content
THRESHOLDS = parse_matured_thresholds("v", CONTENT)
COHORTS = (date(2023, 6, 30),)


def decided(seed: int, rows: int = 6_000, times: float = 1.0, **changes: object) -> pd.DataFrame:
    """Decisions by right probabilities, whose defaults came ``times`` as often."""
    random = np.random.default_rng(seed)
    score = random.beta(1, 20, rows)
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{number}" for number in range(rows)],
            "product": random.choice(["pay_later", "cash_loan"], rows),
            "score": score,
            "label": random.random(rows) < np.minimum(score * times, 1.0),
        }
    )
    return frame.assign(**changes)


def judged(rows: pd.DataFrame, waiting: int = 0) -> MaturedVerdict:
    return matured_verdict(rows, ["product"], THRESHOLDS, cohorts=COHORTS, waiting=waiting)


def test_right_probabilities_are_no_finding():
    verdict = judged(decided(1))
    assert (verdict.level, verdict.finding) == (DriftLevel.NONE, "")
    assert [group.name for group in verdict.groups] == [
        "all",
        "product cash_loan",
        "product pay_later",
    ]
    everyone = verdict.groups[0]
    assert everyone.low < 1.0 < everyone.high
    assert everyone.ratio == everyone.defaults / everyone.expected
    assert verdict.auc[1] < verdict.auc[0] < verdict.auc[2]


@pytest.mark.parametrize(("times", "level"), [(1.1, "none"), (1.6, "notice"), (2.6, "alarm")])
def test_the_more_default_than_expected_the_louder(times, level):
    verdict = judged(decided(2, times=times))
    assert verdict.level.word == level
    assert ("were expected" in verdict.finding) is (level != "none")


def test_a_product_alone_is_found():
    rows = decided(3)
    hit = (rows["product"] == "cash_loan") & (np.random.default_rng(4).random(len(rows)) < 0.1)
    verdict = judged(rows.assign(label=rows["label"] | hit))
    assert {group.name: group.level.word for group in verdict.groups}["product pay_later"] == "none"
    assert verdict.groups[1].level is DriftLevel.ALARM


def test_few_expected_defaults_are_not_judged():
    verdict = judged(decided(5, rows=100, times=10.0))
    assert verdict.groups[0].ratio > 2
    assert verdict.groups[0].p_value is None
    assert verdict.level is DriftLevel.NONE


def test_accounts_of_one_customer_are_not_many_proofs():
    rows = decided(6, rows=600)
    alone = judged(rows).groups[0]
    many = judged(pd.concat([rows] * 5, ignore_index=True)).groups[0]
    assert many.ratio == pytest.approx(alone.ratio)
    assert many.dispersion == pytest.approx(5.0, rel=0.3)
    assert (many.low, many.high) == pytest.approx((alone.low, alone.high), rel=0.1)


def test_a_ranking_that_is_lost_is_an_alarm():
    rows = decided(7)
    mixed = np.random.default_rng(8).permutation(rows["score"])
    verdict = judged(rows.assign(score=mixed))
    assert verdict.level is DriftLevel.ALARM
    assert "AUC 0.490 (0.452 to 0.528)" in verdict.finding


def test_without_a_default_there_is_no_auc_and_no_alarm():
    verdict = judged(decided(9).assign(label=False))
    assert (verdict.auc, verdict.level) == (None, DriftLevel.NONE)


def test_those_who_wait_are_in_no_figure():
    verdict = judged(decided(1), waiting=50)
    assert verdict.waiting == 50
    assert verdict.groups == judged(decided(1)).groups


def test_an_unknown_segment_is_a_group_of_its_own():
    rows = decided(1, rows=2_000)
    rows.loc[:500, "product"] = None
    assert "product unknown" in {group.name for group in judged(rows).groups}


def test_nothing_matured_is_said_and_no_alarm():
    assert not_judged("too early").level is DriftLevel.NONE
    assert not_judged("too early").finding == "too early"


def test_the_excess_by_hand():
    assert excess_p_value(30, 20.0, 1.0) == pytest.approx(stats.poisson.sf(29, 20.0))
    assert excess_p_value(0, 20.0, 1.0) == 1.0
    assert excess_p_value(60, 40.0, 2.0) == excess_p_value(30, 20.0, 1.0)


def test_the_stated_level_holds():
    random, found = np.random.default_rng(10), 0
    for _ in range(400):
        expected = random.beta(1, 20, 1_500)
        defaults = int((random.random(1_500) < expected).sum())
        found += excess_p_value(defaults, float(expected.sum()), 1.0) <= 0.05
    # a standard error of 0.011; Poisson varies a little more than a sum of defaults
    assert found / 400 <= 0.05 + 2 * 0.011


@pytest.mark.parametrize(
    "rows", [decided(1).head(0), decided(1, rows=5, score=1.2), decided(1, rows=5, score=np.nan)]
)
def test_what_cannot_be_judged_is_an_error(rows):
    with pytest.raises(ValueError, match="no probability"):
        judged(rows)


def test_a_column_of_ids_is_no_group():
    with pytest.raises(ValueError, match="more than 50"):
        matured_verdict(
            decided(1, rows=60), ["customer_id"], THRESHOLDS, cohorts=COHORTS, waiting=0
        )


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        ((), None, "matured is absent"),
        (("rise",), None, "absent: rise"),
        (("cohorts", "value"), 0, "at least one"),
        (("expected_floor", "value"), 0, "above 0"),
        (("resolved_floor", "value"), 1.5, "up to 1"),
        (("auc", "alarm"), 0.9, "must fall"),
        (("rise", "reason"), "", "its unit and its reason"),
        (("false_alarms", "alarm"), "often", "not a number"),
    ],
)
def test_thresholds_that_do_not_hold_together_are_refused(path, to, said):
    with pytest.raises(PolicyError, match=said):
        parse_matured_thresholds("v", changed(CONTENT, ("matured", *path), to))


def test_what_is_not_a_number_is_an_alarm():
    assert THRESHOLDS.auc_level(float("nan")) is DriftLevel.ALARM
    assert [THRESHOLDS.auc_level(value).word for value in (0.59, 0.60, 0.65)] == [
        "alarm",
        "notice",
        "none",
    ]
