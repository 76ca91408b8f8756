"""Drift: what is stable, what is a notice, what is an alarm, and what must never be overlooked."""

from copy import deepcopy
from datetime import date

import numpy as np
import pandas as pd
import pytest

from credit_limits.domain.errors import PolicyError
from monitoring.drift import DriftVerdict, drift_verdict
from monitoring.psi import population_stability_index, sampling_noise
from monitoring.reference import ColumnKind, ColumnReference, Reference, build_reference, from_json
from monitoring.thresholds import DriftLevel, Steps, parse_drift_thresholds
from tests.changed_content import changed
from tests.gate_samples import POLICIES, drift_thresholds
from tidegate.adapters.dated_policies import load_dated

COLUMNS = ["income", "days", "score", "unemployment_rate"]
CONTENT = load_dated(POLICIES / "monitoring", date(2024, 1, 31)).content


def portfolio(seed: int, rows: int = 5000) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": random.lognormal(9, 0.5, rows),
            "days": random.choice([0.0, 30.0, 60.0], rows, p=[0.9, 0.07, 0.03]),
            "score": random.beta(1, 20, rows),
            "unemployment_rate": np.full(rows, 0.05),
        }
    )


REFERENCE = build_reference(portfolio(1), COLUMNS)


def watched(**changes: object) -> DriftVerdict:
    return drift_verdict(REFERENCE, portfolio(2).assign(**changes), drift_thresholds())


def levels(verdict: DriftVerdict) -> dict[str, str]:
    return {
        column.name: column.level.word
        for column in verdict.columns
        if column.level is not DriftLevel.NONE
    }


def test_what_has_moved_most_comes_first():
    verdict = watched(days=30.0, income=lambda frame: frame["income"] * 1.05)
    first, second, *_ = verdict.most_moved(4)
    assert (first, second) == ("days", "income")
    assert verdict.most_moved(1) == ("days",)
    assert set(verdict.most_moved(9)) == set(COLUMNS)


def test_psi_worked_by_hand():
    # (0.4 - 0.5) ln(0.4 / 0.5) + (0.6 - 0.5) ln(0.6 / 0.5)
    assert population_stability_index([50, 50], [40, 60]) == pytest.approx(0.0405465, abs=1e-7)
    assert population_stability_index([500, 500], [4, 6]) == pytest.approx(0.0405465, abs=1e-7)


def test_psi_of_an_empty_bin_counts_half_a_row():
    expected = (0.5 / 10 - 0.5) * np.log((0.5 / 10) / 0.5) + (1.0 - 0.5) * np.log(1.0 / 0.5)
    assert population_stability_index([50, 50], [0, 10]) == pytest.approx(expected)


def test_psi_of_a_bin_empty_on_both_sides_is_nothing():
    assert population_stability_index([5, 5, 0], [4, 6, 0]) == population_stability_index(
        [5, 5], [4, 6]
    )


@pytest.mark.parametrize(("then", "now"), [([1, 2], [1]), ([0, 0], [1, 1]), ([1, 1], [0, 0])])
def test_psi_of_nothing_is_an_error(then, now):
    with pytest.raises(ValueError, match=r"bins then|no rows"):
        population_stability_index(then, now)


def test_noise_is_what_psi_is_on_average_where_nothing_moves():
    random = np.random.default_rng(3)
    shares = np.full(11, 1 / 11)
    drawn = [
        population_stability_index(random.multinomial(800, shares), random.multinomial(400, shares))
        for _ in range(2000)
    ]
    assert np.mean(drawn) == pytest.approx(sampling_noise(11, 800, 400), rel=0.05)


def test_a_fresh_sample_of_the_same_portfolio_is_no_drift():
    verdict = watched()
    assert (verdict.level, verdict.rows, levels(verdict)) == (DriftLevel.NONE, 5000, {})
    assert all(column.finding == "" for column in verdict.columns)


def test_small_samples_do_not_alarm_by_their_noise():
    verdict = drift_verdict(REFERENCE, portfolio(4, rows=250), drift_thresholds())
    assert verdict.level is DriftLevel.NONE


@pytest.mark.parametrize(
    ("factor", "level"), [(1.0, "none"), (1.35, "notice"), (1.6, "alarm"), (0.01, "alarm")]
)
def test_the_further_it_moves_the_louder(factor, level):
    verdict = watched(income=portfolio(2)["income"] * factor)
    assert verdict.level.word == level


def test_a_column_that_turned_null_is_an_alarm():
    # A PSI over the filled rows alone, as Evidently has it, calls this no drift.
    income = portfolio(2)["income"].where(np.random.default_rng(7).random(5000) < 0.2)
    verdict = watched(income=income)
    (found,) = [column for column in verdict.columns if column.name == "income"]
    assert levels(verdict) == {"income": "alarm"}
    assert found.broken
    assert found.null_share_now == pytest.approx(0.8, abs=0.02)
    assert "null, 0.0% in the reference" in found.finding
    assert found.psi > 1


def test_a_column_known_better_than_in_training_is_no_drift():
    # In the first months of a record some inputs are not known yet, and the model learnt on them.
    early = portfolio(1)
    known = np.random.default_rng(8).random(5000) < 0.8
    reference = build_reference(early.assign(income=early["income"].where(known)), COLUMNS)
    now = drift_verdict(reference, portfolio(2), drift_thresholds()).columns[0]
    assert (now.level, now.finding) == (DriftLevel.NONE, "")
    assert now.psi < 0.01
    moved = portfolio(2).assign(income=portfolio(2)["income"] * 2)
    assert drift_verdict(reference, moved, drift_thresholds()).columns[0].level is DriftLevel.ALARM


def test_a_column_that_was_never_known_is_judged_by_its_nulls():
    empty = build_reference(portfolio(1).assign(income=np.nan), COLUMNS)
    found = drift_verdict(empty, portfolio(2), drift_thresholds()).columns[0]
    assert found.level is DriftLevel.ALARM
    assert found.psi > 1


def test_infinite_counts_as_null():
    verdict = watched(income=portfolio(2)["income"].where(portfolio(3)["income"] > 5000, np.inf))
    assert verdict.columns[0].null_share_now > 0.1


def test_a_column_that_is_absent_is_an_alarm_and_not_an_error():
    verdict = drift_verdict(REFERENCE, portfolio(2).drop(columns="days"), drift_thresholds())
    assert levels(verdict) == {"days": "alarm"}
    found = verdict.columns[1]
    assert (found.psi, found.broken, found.finding) == (None, True, "the column is absent")


def test_a_value_never_seen_before_is_found():
    days = portfolio(2)["days"].to_numpy().copy()
    days[:100] = 90.0
    verdict = watched(days=days)
    assert levels(verdict) == {"days": "notice"}
    assert verdict.columns[1].unseen_share == 0.02
    assert "2.0% values never seen before" in verdict.columns[1].finding


def test_the_score_has_its_own_thresholds():
    content = deepcopy(CONTENT)
    content["thresholds"]["score_psi"] |= {"notice": 0.001, "alarm": 0.002}
    strict = parse_drift_thresholds("v", content)
    moved = portfolio(2).assign(score=portfolio(2)["score"] * 1.15)
    assert levels(drift_verdict(REFERENCE, moved, strict)) == {"score": "alarm"}
    assert levels(drift_verdict(REFERENCE, moved, drift_thresholds())) == {}


def test_a_column_that_is_not_judged_is_measured_and_must_be_there():
    moved = watched(unemployment_rate=0.07)
    assert levels(moved) == {}
    assert moved.columns[3].psi > 1
    assert levels(watched(unemployment_rate=np.nan)) == {"unemployment_rate": "alarm"}


@pytest.mark.parametrize("rows", [0, 199])
def test_too_few_rows_are_an_alarm(rows):
    verdict = drift_verdict(REFERENCE, portfolio(2, rows), drift_thresholds())
    assert verdict.level is DriftLevel.ALARM
    assert f"{rows} rows, fewer than the 200" in verdict.finding


def test_text_is_a_finding_that_names_its_column():
    verdict = watched(income="much")
    assert levels(verdict) == {"income": "alarm"}
    assert (verdict.columns[0].psi, verdict.columns[0].broken) == (None, True)
    assert verdict.columns[0].finding == "column 'income' is object, not numeric"


def test_a_reference_keeps_values_and_deciles():
    days, income = (REFERENCE.columns[i] for i in (1, 0))
    assert (days.kind, days.cuts) == (ColumnKind.DISCRETE, (0.0, 30.0, 60.0))
    assert (income.kind, len(income.cuts), income.rows) == (ColumnKind.CONTINUOUS, 9, 5000)
    assert set(income.counts[:-1]) == {500}


def test_equal_deciles_become_one_cut():
    frame = pd.DataFrame({"spend": np.r_[np.zeros(700), np.arange(1.0, 301.0)]})
    (column,) = build_reference(frame, ["spend"])
    assert column.cuts[0] == 0.0
    assert column.counts[0] == 700
    assert sum(column.counts) == 1000


def test_a_column_null_in_the_reference_alarms_when_it_fills():
    empty = build_reference(portfolio(1).assign(income=np.nan), ["income"])
    verdict = drift_verdict(empty, portfolio(2), drift_thresholds())
    assert verdict.columns[0].unseen_share == 1.0
    assert verdict.level is DriftLevel.ALARM


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: build_reference(portfolio(1).iloc[:0], COLUMNS), "needs rows"),
        (lambda: build_reference(portfolio(1), []), "needs columns"),
        (lambda: build_reference(portfolio(1), ["days", "days"]), "each once"),
        (lambda: build_reference(portfolio(1), ["wealth"]), "no column 'wealth'"),
        (lambda: ColumnReference("a", ColumnKind.DISCRETE, (1.0,), (1, 1)), "1 cuts, 2 bins"),
        (lambda: ColumnReference("a", ColumnKind.DISCRETE, (1.0, 1.0), (1,) * 4), "do not rise"),
        (lambda: ColumnReference("a", ColumnKind.DISCRETE, (), (0, 0)), "without rows"),
        (lambda: Reference(()), "needs columns"),
        (lambda: from_json("{}"), "not a reference"),
        (lambda: from_json('{"columns": [1]}'), "not a reference"),
        (lambda: from_json("{"), "Expecting property name"),
    ],
)
def test_a_reference_that_cannot_be_is_an_error(build, said):
    with pytest.raises(ValueError, match=said):
        build()


@pytest.mark.parametrize("pair", [(0.0, 0.1), (0.2, 0.1), (0.1, 1.1), (float("nan"), 0.1)])
def test_steps_rise(pair):
    with pytest.raises(ValueError, match="must rise"):
        Steps(*pair)


def test_what_is_not_a_number_is_an_alarm():
    assert Steps(0.1, 0.2).level(float("nan")) is DriftLevel.ALARM
    assert [Steps(0.1, 0.2).level(value).word for value in (0.09, 0.1, 0.2)] == [
        "none",
        "notice",
        "alarm",
    ]


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("score_psi",), None, "absent: score_psi"),
        (("scores_psi",), {}, "unknown: scores_psi"),
        (("score_psi", "alarm"), 0.05, "must rise"),
        (("score_psi", "alarm"), "0.3", "not a number"),
        (("score_psi", "alarm"), float("inf"), "not finite"),
        (("score_psi", "reason"), "", "its unit and its reason"),
        (("rows_floor", "value"), 0, "at least one row"),
        (("rows_floor",), 200, "not a mapping"),
        (("not_judged",), {"income": ""}, "a reason in words"),
    ],
)
def test_thresholds_that_do_not_hold_together_are_refused(path, to, said):
    with pytest.raises(PolicyError, match=said):
        parse_drift_thresholds("v", changed(CONTENT, ("thresholds", *path), to))
