"""How a check compares figures with bounds, and what evidence looks like when it is kept."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_limits.domain.digest import canonical_json
from credit_limits.gates.evidence import Interval
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    CheckName,
    conclude,
    folded,
    no_evidence,
)
from credit_limits.gates.thresholds import Threshold
from tests.gate_samples import good_evidence, paired

FLOOR = Threshold(0.7, "share", "a coin would do nearly as well")
CEILING = Threshold(3.0, "rows", "more are too many")
BOUNDS = (AtLeast("auc", FLOOR), AtMost("rows", CEILING))


def concluded(**figures: object):
    return conclude(CheckName.PERFORMANCE, figures, BOUNDS, "Retrain", ["seen in May"])


def test_a_pass_says_its_figures_and_their_bounds():
    result = concluded(auc=0.75, rows=2)
    assert result.passed
    assert result.message == "auc 0.75 >= 0.7; rows 2 <= 3; seen in May"
    assert result.measured == (("auc", 0.75), ("rows", 2.0))
    assert result.thresholds == (("auc >=", 0.7), ("rows <=", 3.0))


@pytest.mark.parametrize(("auc", "rows"), [(0.7, 3), (0.7, 0), (1.0, 3)])
def test_a_bound_itself_still_passes(auc, rows):
    assert concluded(auc=auc, rows=rows).passed


def test_a_refusal_says_what_must_be_why_and_what_to_do():
    result = concluded(auc=0.6, rows=2)
    assert not result.passed
    assert result.message == (
        "auc 0.6 must be >= 0.7 share: a coin would do nearly as well; seen in May. Retrain"
    )
    assert not result.evidence_missing


def test_every_broken_bound_is_named():
    message = concluded(auc=0.6, rows=4).message
    assert "auc 0.6 must be" in message
    assert "rows 4 must be <= 3 rows: more are too many" in message


@pytest.mark.parametrize("auc", [None, math.nan, math.inf, -math.inf, "0.9", [0.9], 1j])
def test_what_is_no_figure_is_no_evidence(auc):
    result = concluded(auc=auc, rows=2)
    assert (result.passed, result.evidence_missing, result.measured) == (False, True, ())
    assert result.message == "no evidence: auc could not be measured; seen in May. Retrain"


def test_a_figure_that_no_bound_looks_at_must_be_a_figure_too():
    assert not concluded(auc=0.9, rows=1, brier=math.nan).passed


def test_true_and_false_are_one_and_nothing():
    assert concluded(auc=True, rows=False).measured == (("auc", 1.0), ("rows", 0.0))


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 2], 1.0), ([5], 5.0), ([], math.nan), ([1, None], math.nan), ([math.nan, 1], math.nan)],
)
def test_folding_needs_all_figures(values, expected):
    assert folded(min, values) == pytest.approx(expected, nan_ok=True)


def test_no_evidence_says_why():
    result = no_evidence(CheckName.DATA, "the lineage is empty")
    assert result.message == "no evidence: the lineage is empty"
    assert result.evidence_missing


@pytest.mark.parametrize(("unit", "reason"), [("", "why"), ("rows", "")])
def test_a_threshold_has_unit_and_reason(unit, reason):
    with pytest.raises(ValueError, match="its unit and its reason"):
        Threshold(1.0, unit, reason)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_threshold_is_finite(value):
    with pytest.raises(ValueError, match="finite"):
        Threshold(value, "rows", "why")


def test_evidence_is_kept_as_json_that_names_its_kinds():
    kept = json.loads(canonical_json(good_evidence(paired()).as_plain()))
    assert kept["challenger"]["kind"] == "PairedEvidence"
    assert kept["challenger"]["auc_difference"] == {
        "kind": "Interval",
        "value": 0.002,
        "low": -0.002,
        "high": 0.006,
    }
    assert kept["data"]["tables"][1] == {
        "kind": "TableSeen",
        "table": "statements",
        "version": 2,
        "rows": 9000,
        "unvalidated_rows": 0,
    }
    assert kept["absences"] == []


def test_evidence_with_figures_that_are_not_finite_can_still_be_kept():
    good = good_evidence()
    wide = replace(good.performance, auc=Interval(math.nan, -math.inf, math.inf))
    kept = replace(good, performance=wide, data=None).as_plain()
    assert kept["data"] is None
    assert kept["performance"]["auc"] == {
        "kind": "Interval",
        "value": "nan",
        "low": "-inf",
        "high": "inf",
    }
    assert json.loads(canonical_json(kept))


figures = st.floats(0.0, 1.0)


@given(first=figures, second=figures)
def test_the_digest_sees_every_figure(first, second):
    good = good_evidence()
    digests = [
        replace(good, performance=replace(good.performance, auc=Interval(auc, 0.0, 1.0))).digest
        for auc in (first, second)
    ]
    assert (digests[0] == digests[1]) is (repr(first) == repr(second))
