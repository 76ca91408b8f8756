"""Each check: what passes it, and one example of everything that it must refuse."""

from dataclasses import replace

import pytest

from credit_limits.gates.evidence import (
    BehaviourEvidence,
    DataEvidence,
    DirectionTried,
    Evidence,
    FirstChampion,
    Interval,
    Shift,
    TableSeen,
)
from credit_limits.gates.result import CheckName
from credit_limits.gates.verdict import Cleared, Refused, judge
from tests.gate_samples import DAY, INPUTS, good_evidence, paired, strict_thresholds, thresholds

GOOD = good_evidence()


def refused(evidence: Evidence) -> tuple[CheckName, str]:
    """The one check that refuses, and what it says."""
    verdict = judge(evidence, strict_thresholds(), DAY)
    assert isinstance(verdict, Refused)
    (failing,) = verdict.failing
    return failing.check, failing.message


def test_good_evidence_is_cleared_by_every_check():
    verdict = judge(GOOD, thresholds(), DAY)
    assert isinstance(verdict, Cleared)
    assert [result.check for result in verdict.checks] == list(CheckName)
    assert verdict.thresholds_version == "default_risk/2005-01-01"
    assert verdict.evidence_digest == GOOD.digest


@pytest.mark.parametrize("check", [name.value for name in CheckName])
def test_absent_evidence_refuses_that_check_and_says_so(check):
    absent = replace(GOOD, **{check: None}, absences=((check, "the artefact was not there"),))
    name, message = refused(absent)
    assert name == check
    assert message.startswith("no evidence: ")
    assert "the artefact was not there" in message


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ((TableSeen("accounts", 2, 0, 0),), "rows_smallest_table 0 must be >= 1"),
        ((TableSeen("accounts", 2, 9, 3),), "accounts at version 2: 3 of 9 rows not validated"),
        ((), "no table is known"),
    ],
)
def test_data_refuses(tables, said):
    name, message = refused(replace(GOOD, data=DataEvidence(tables)))
    assert name is CheckName.DATA
    assert said in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recomputed_rows": 199}, "recomputed_rows 199 must be >= 200"),
        ({"labels": 10}, "labels 10 must be >= 200"),
        ({"differing_rows": 1}, "differing_rows 1 must be <= 0"),
        ({"labels_known_late": 1}, "labels_known_late 1 must be <= 0"),
    ],
)
def test_time_refuses(change, said):
    name, message = refused(replace(GOOD, time=replace(GOOD.time, **change)))
    assert name is CheckName.TIME
    assert said in message
    assert "materialize_features" in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"auc": Interval(0.72, 0.69, 0.75)}, "auc_low 0.69"),
        ({"ks": Interval(0.34, 0.29, 0.39)}, "ks_low 0.29"),
        ({"defaults": 49}, "defaults 49"),
        ({"auc": Interval(0.72, float("nan"), 0.75)}, "auc_low could not be measured"),
    ],
)
def test_performance_refuses_by_the_lower_end(change, said):
    name, message = refused(replace(GOOD, performance=replace(GOOD.performance, **change)))
    assert name is CheckName.PERFORMANCE
    assert said in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"predicted_over_observed": 0.84}, "predicted_over_observed 0.84 must be >= 0.85"),
        ({"predicted_over_observed": 1.16}, "predicted_over_observed 1.16 must be <= 1.15"),
        ({"slope": 0.79}, "slope 0.79 must be >= 0.8"),
        ({"slope": 1.26}, "slope 1.26 must be <= 1.25"),
        ({"brier_skill": 0.009}, "brier_skill 0.009"),
        ({"excess_calibration_error": 0.11}, "excess_calibration_error 0.11"),
        ({"slope": float("inf")}, "slope could not be measured"),
    ],
)
def test_calibration_refuses_on_either_side(change, said):
    name, message = refused(replace(GOOD, calibration=replace(GOOD.calibration, **change)))
    assert name is CheckName.CALIBRATION
    assert said in message


@pytest.mark.parametrize(
    ("directions", "days", "said"),
    [
        ((), DirectionTried("days", 500, 0, 0.0), "no input was raised"),
        (GOOD.behaviour.directions, None, "no input was raised"),
        (GOOD.behaviour.directions, DirectionTried("days", 500, 1, 0.1), "days: 1 of 500 rows"),
        (GOOD.behaviour.directions[:4], DirectionTried("days", 500, 0, 0.0), "directions 4"),
        (GOOD.behaviour.directions, DirectionTried("days", 199, 0, 0.0), "rows 199"),
        (
            (*GOOD.behaviour.directions, DirectionTried("utilization", 500, 2, 0.03)),
            DirectionTried("days", 500, 0, 0.0),
            "utilization: 2 of 500 rows, by up to 0.03",
        ),
    ],
)
def test_behaviour_refuses(directions, days, said):
    name, message = refused(replace(GOOD, behaviour=BehaviourEvidence(directions, days)))
    assert name is CheckName.BEHAVIOUR
    assert said in message


def shifts(**moved: float) -> tuple[Shift, ...]:
    return tuple(Shift(name, moved.get(name, 0.01), 0.002, False) for name in INPUTS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"score_today": Shift("score", 0.26, 0.002, False)},
            "score_psi_today 0.258 must be <= 0.25",
        ),
        ({"score_test": Shift("score", 0.26, 0.002, False)}, "score_psi_test 0.258"),
        ({"score_test": Shift("score", float("nan"), 0.0, True)}, "could not be measured"),
        ({"score_today": Shift("score", 0.01, 0.0, True)}, "broken_inputs 1"),
        ({"rows_today": 0}, "rows_today 0"),
        ({"inputs_today": (Shift("a", None, 0.0, True), *shifts())}, "a: absent or turned null"),
        ({"inputs_today": ()}, "no distributions"),
        ({"inputs_today": (Shift("a", 0.0, 0.0, True), *shifts())}, "broken_inputs 1"),
        (
            {"inputs_today": shifts(**dict.fromkeys(INPUTS[:5], 0.3))},
            "shifted_inputs_share 0.125 must be <= 0.1",
        ),
    ],
)
def test_stability_refuses(change, said):
    name, message = refused(replace(GOOD, stability=replace(GOOD.stability, **change)))
    assert name is CheckName.STABILITY
    assert said in message


def test_stability_allows_a_few_shifted_inputs_and_those_that_are_not_judged():
    macro = Shift("unemployment_rate", 9.0, 0.002, False)
    moved = replace(GOOD.stability, inputs_today=(macro, *shifts(input_3=0.4)))
    verdict = judge(replace(GOOD, stability=moved), thresholds(), DAY)
    assert isinstance(verdict, Cleared)
    message = next(item.message for item in verdict.checks if item.check is CheckName.STABILITY)
    assert "input_3: PSI 0.400" in message
    assert "unemployment_rate" not in message


def test_stability_with_nothing_left_to_judge_refuses():
    macro = (Shift("unemployment_rate", 0.0, 0.0, False),)
    exempt = replace(GOOD.stability, inputs_test=macro, inputs_today=macro)
    assert refused(replace(GOOD, stability=exempt))[0] is CheckName.STABILITY


def test_challenger_is_held_to_the_champion_by_the_lower_end():
    assert isinstance(judge(good_evidence(paired(-0.0099)), thresholds(), DAY), Cleared)
    name, message = refused(good_evidence(paired(-0.0101)))
    assert name is CheckName.CHALLENGER
    assert "the champion is version 3" in message


def test_first_champion_is_evidence_only_where_the_ledger_has_no_promotion():
    name, message = refused(replace(GOOD, challenger=FirstChampion(1)))
    assert name is CheckName.CHALLENGER
    assert "promotions_in_ledger 1 must be <= 0" in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"golden_rows": 9}, "golden_rows 9"),
        ({"golden_rows_differing": 1}, "golden_rows_differing 1"),
        ({"figures_differing": 1}, "figures_differing 1"),
        ({"signature_present": False}, "signature 0"),
        ({"schema_matches": False}, "schema_match 0"),
        ({"seconds_per_1000_rows": 1.1}, "seconds_per_1000_rows 1.1"),
        ({"size_bytes": 60_000_000}, "size_bytes 60,000,000 must be <= 52,428,800 bytes"),
    ],
)
def test_technical_refuses(change, said):
    name, message = refused(replace(GOOD, technical=replace(GOOD.technical, **change)))
    assert name is CheckName.TECHNICAL
    assert said in message


def test_every_failing_check_is_named_not_the_first_alone():
    spoiled = replace(GOOD, data=None, technical=replace(GOOD.technical, golden_rows_differing=7))
    verdict = judge(spoiled, thresholds(), DAY)
    assert isinstance(verdict, Refused)
    assert [item.check for item in verdict.failing] == [CheckName.DATA, CheckName.TECHNICAL]


@pytest.mark.parametrize(
    "build",
    [
        lambda: TableSeen("accounts", 1, -1, 0),
        lambda: TableSeen("accounts", 1, 5, 6),
        lambda: replace(GOOD.time, differing_rows=-1),
        lambda: replace(GOOD.time, differing_rows=501),
        lambda: replace(GOOD.performance, defaults=6001),
        lambda: replace(GOOD.technical, seconds_per_1000_rows=-0.1),
        lambda: DirectionTried("days", 5, -1, 0.0),
    ],
)
def test_counts_that_cannot_be_are_unbuildable(build):
    with pytest.raises(ValueError, match=r"below nothing|a part of"):
        build()
