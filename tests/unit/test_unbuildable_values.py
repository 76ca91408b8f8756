"""Values that cannot be: each is refused where it is made, and the message says what is wrong."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest

from credit_limits.allocation.on_the_fly import AccountParameters, CandidateRules
from credit_limits.domain.account import Product
from credit_limits.domain.decision import Action, Decision, ReasonCode
from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from credit_limits.domain.identifiers import AccountId, DecisionId
from credit_limits.domain.signature import Signature
from credit_limits.explanation.notices import Done
from credit_limits.gates.figures import measure_calibration
from credit_limits.gates.measured import counts, part_of
from credit_limits.gates.result import CheckName, CheckResult, Granted
from credit_limits.ingestion.contracts import Column, Kind
from credit_limits.ledger.entry import GENESIS_DIGEST, EntryKind, seal
from credit_limits.policy.brakes import BrakeMeasure, BrakeOrder
from credit_limits.policy.trigger_rules import DebtBounds
from credit_limits.simulation.orders import AccountOrders, LimitOrders
from monitoring.brake_rule import BrakeRule
from monitoring.drift import Histogram
from monitoring.psi import same_bins
from monitoring.reference import ColumnKind, ColumnReference
from monitoring.thresholds import Debounce
from tests.decision_samples import shipped_policy
from training.calibration import Calibration, fit_calibration
from training.evaluate import auc
from training.model import DefaultRiskModel

POLICY = shipped_policy()


def decision(**change):
    whole = {
        "decision_id": DecisionId("d"),
        "account_id": AccountId("A1"),
        "from_minor": 100,
        "to_minor": 100,
        "action": Action.HOLD,
        "reasons": (ReasonCode.ALREADY_BEST,),
        "default_probability": 0.1,
    }
    return Decision(**(whole | change))


def granted(**change):
    whole = {
        "check": CheckName.STABILITY,
        "finding": "f",
        "digest": "d",
        "by": ("ann", "bob"),
        "until": date(2024, 3, 1),
        "reason": "a reason",
    }
    return Granted(**(whole | change))


def passed(**change):
    whole = {
        "check": CheckName.STABILITY,
        "passed": True,
        "measured": (("psi", 0.1),),
        "thresholds": (("psi <=", 0.2),),
        "message": "m",
    }
    return CheckResult(**(whole | change))


def brake_rule(**change):
    whole = {
        "measure": BrakeMeasure.NO_INCREASES,
        "products": (Product.CASH_LOAN, Product.PAY_LATER),
        "quiet_watches": 2,
        "owner": "risk",
        "expiry_months": 3,
    }
    return BrakeRule(**(whole | change))


def parameters(amounts, figures):
    return AccountParameters(np.array(amounts, np.int32), np.array(figures, np.float32))


def sealed(time):
    return seal(
        sequence=1,
        time=time,
        kind=EntryKind.LIMITS_ADJUSTED,
        key="k",
        actor="a",
        payload={},
        previous_digest=GENESIS_DIGEST,
    )


def reference(cuts, rows):
    return ColumnReference("x", ColumnKind.CONTINUOUS, cuts, rows)


SPOTLESS = [
    *(decision, granted, passed, brake_rule),
    lambda: parameters([[1], [1], [1]], [[0.5]] * 7),
    lambda: reference((1.0,), (3, 2, 0)),
    lambda: Histogram((3, 2, 1), 1),
    lambda: Debounce(2, 2),
    lambda: BrakeOrder(BrakeMeasure.NO_INCREASES, (Product.PAY_LATER,)),
    lambda: sealed(datetime.fromisoformat("2024-01-31T00:00+00:00")),
    lambda: Column("c", Kind.INTEGER, 0.0, 5, 5),
]


@pytest.mark.parametrize("make", SPOTLESS)
def test_a_whole_value_is_made(make):
    assert make() is not None


REFUSED = [
    (lambda: decision(to_minor=-1), "A1: a limit cannot be negative"),
    (lambda: decision(from_minor=-1), "A1: a limit cannot be negative"),
    (lambda: decision(reasons=()), "A1: a decision without a reason"),
    (lambda: decision(default_probability=1.1), "A1: probability outside 0 to 1"),
    (lambda: Done("d", (), (1, 1), None, (), (), ()), "does something, if only to hold"),
    (lambda: Signature("0" * 16, "0" * 127), "a signature has 128 hexadecimal digits"),
    (lambda: counts(rows=3, defaults=-1, good=-2), "counted below nothing: defaults, good"),
    (lambda: part_of(3, 2), "a part of 3 in a whole of 2"),
    (lambda: granted(by=("ann",)), "an override takes 2 people, each once"),
    (lambda: granted(by=("ann", "bob", "ann")), "an override takes 2 people, each once"),
    (lambda: granted(finding=""), "an override names its finding and its reason"),
    (lambda: granted(reason=" "), "an override names its finding and its reason"),
    (lambda: passed(message=""), "a result without a message"),
    (lambda: passed(measured=()), "passed without evidence"),
    (lambda: passed(thresholds=()), "passed without evidence"),
    (lambda: passed(evidence_missing=True), "passed without evidence"),
    (lambda: passed(measured=(("psi", float("nan")),)), "a figure that is not finite"),
    (lambda: passed(dispensed=True), "dispensed with although it has evidence"),
    (lambda: passed(override=granted()), "overridden although it did not refuse"),
    (lambda: Column("c", Kind.INTEGER, 0.0, 6, 5), "c: minimum above maximum"),
    (lambda: Column("c", Kind.INTEGER, 1.5), "c: null ceiling 1.5 outside 0 to 1"),
    (lambda: sealed(datetime(2024, 1, 31)), "a ledger time needs its zone"),
    (lambda: BrakeOrder(BrakeMeasure.NO_INCREASES, ()), "a brake needs products"),
    (lambda: brake_rule(products=()), "each once, in alphabetical order"),
    (
        lambda: brake_rule(products=(Product.PAY_LATER, Product.CASH_LOAN)),
        "each once, in alphabetical order",
    ),
    (lambda: brake_rule(quiet_watches=0), "quiet_watches is 0; at least one is needed"),
    (lambda: brake_rule(owner=""), "a brake needs an owner"),
    (lambda: brake_rule(expiry_months=0), "expiry is 0 months"),
    (lambda: parameters([[1]], [[0.5]] * 7), "amounts needs 3 and figures 7 rows"),
    (lambda: parameters([[1], [-1], [1]], [[0.5]] * 7), "amounts not negative"),
    (lambda: parameters([[1]] * 3, [[np.inf]] * 7), "figures must be finite"),
    (lambda: reference((1.0,), (0, 0, 0)), "x: a reference without rows"),
    (lambda: reference((1.0,), (3, -1, 0)), "x: a reference without rows"),
    (lambda: reference((1.0, 1.0), (3, 2, 0, 0)), "x: the cuts do not rise"),
    (lambda: reference((1.0,), (3, 2)), "x: 1 cuts, 2 bins"),
    (lambda: Histogram((3, -1, 0)), "no histogram"),
    (lambda: Histogram((3, 2, 1), 2), "2 of them infinite"),
    (lambda: Debounce(3, 2), "3 alarms in 2 watches cannot be"),
    (lambda: Debounce(0, 2), "0 alarms in 2 watches cannot be"),
    (lambda: same_bins([1, 2], [0, 0]), "no rows on one side"),
    (lambda: same_bins([1, 2], [1, 2, 3]), r"\(2,\) bins then, \(3,\) now"),
    (lambda: AccountOrders(extend=np.array([1])), "orders of different lengths"),
    (
        lambda: AccountOrders(extend=np.array([1]), extension_months=np.array([0])),
        "a term extended by nothing",
    ),
    (
        lambda: LimitOrders(np.array([1]), np.array([1, 2]), np.array([True])),
        "orders of different lengths",
    ),
    (
        lambda: replace(POLICY.hardship, income_lost_leave=0.5),
        "hardship must end at a loss no higher than it begins at",
    ),
    (
        lambda: replace(POLICY.hardship, extension_again_months=1),
        "not extended again while its extension runs",
    ),
    (lambda: replace(POLICY.anomalies, login_ratio_leave=99.0), "an anomaly must end at a bound"),
    (lambda: replace(POLICY.anomalies, spend_trend_leave=2.9), "an anomaly must end at a bound"),
    (lambda: replace(POLICY.freezing, overdue_days_leave=61), "no more days past due than it"),
    (lambda: replace(POLICY.freezing, overdue_days_with_backup=59), "must not bring a freeze"),
    (lambda: replace(POLICY.freezing, months_most=2), "allowed to end before a person is asked"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_cannot_be_is_refused_with_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_cost_of_provision_is_not_for_the_pass_that_makes_candidates_on_the_fly():
    economics = POLICY.economics
    assert CandidateRules(POLICY.ladder, economics, 1.6) is not None
    costly = replace(economics, provision=replace(economics.provision, cost_rate=0.1))
    with pytest.raises(ValueError, match="counted where candidates are written out"):
        CandidateRules(POLICY.ladder, costly, 1.6)


def test_what_has_no_canonical_form_has_no_digest():
    assert digest_of({"on": date(2024, 1, 31)}) == digest_of({"on": "2024-01-31"})
    with pytest.raises(TypeError, match="DebtBounds has no canonical JSON form"):
        digest_of(DebtBounds(0.9, 0.1, 0.7))


@pytest.mark.parametrize("label", [[True, True], [False, False]])
def test_calibration_needs_both_kinds_of_rows(label):
    label, score = np.array(label), np.array([0.1, 0.2])
    with pytest.raises(NotEnoughOutcomes, match="needs defaults and good rows"):
        measure_calibration(label, score)
    with pytest.raises(NotEnoughOutcomes, match="2 rows of one kind"):
        fit_calibration(score, label, slope_prior_rows=1.0)


@pytest.mark.parametrize("score", [[0.1, 1.1, 0.2, 0.3], [0.1, np.nan, 0.2, 0.3], [-0.1] * 4])
def test_scores_that_are_no_probabilities_are_not_evaluated(score):
    with pytest.raises(ValueError, match="scores must be probabilities, 0 to 1"):
        auc(np.array([True, True, False, False]), np.array(score))


def test_a_text_that_is_no_booster_is_no_model():
    with pytest.raises(ModelError, match="not a LightGBM model"):
        DefaultRiskModel("tree\nnot one", ("a",), Calibration(1.0, 0.0))
