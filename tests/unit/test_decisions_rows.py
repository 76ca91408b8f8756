"""Digests, ids and columns of decision rows."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from credit_limits.decisions import decide
from credit_limits.domain.account import Product
from credit_limits.domain.periods import end_of_day
from credit_limits.explanation.reasons import NONE
from credit_limits.policy.brakes import Brakes
from tests.decision_samples import AS_OF, NOT_KNOWN, portfolio_of, shipped_policy
from tidegate.operations.decision_rows import (
    Lineage,
    decision_ids,
    decision_rows,
    feature_row_digests,
    leaf_digests,
    listed,
)

LINEAGE = Lineage("1", "artefact", "certificate", "limits/2005-01-01", "policy", {"accounts": 3})
FEATURES = np.array([[1.0, NOT_KNOWN]])


def digest(features=FEATURES, **change) -> str:
    return feature_row_digests(portfolio_of(change), features)[0]


@pytest.mark.parametrize(
    "change",
    [
        {"limit": 1_000_001},
        {"balance": 1},
        {"annual_rate": 0.2},
        {"product": "cash_loan"},
        {"status": "frozen"},
        {"human_review_only": True},
        {"declines_increases": True},
        {"closed_until": date(2024, 5, 1)},
        {"months_since_change": 0.0},
        {"total": 9_999_999},
        {"accounts": 2},
        {"days_past_due_latest": 1.0},
        {"spend_90d_minor": NOT_KNOWN},
    ],
)
def test_all_that_a_decision_reads_is_in_its_digest(change):
    assert digest(**change) != digest()


def test_the_models_inputs_are_in_the_digest_by_place():
    assert digest(np.array([[NOT_KNOWN, 1.0]])) != digest()
    assert digest(np.array([[1.0, 0.0]])) != digest()


def test_what_is_the_same_has_the_same_digest():
    another_nan = np.array([[1.0, np.uint64(0x7FF8000000000001).view(np.float64)]])
    assert digest(another_nan) == digest()
    assert digest(np.array([[1.0, -0.0]])) == digest(np.array([[1.0, 0.0]]))
    assert digest(id="other", customer="other") == digest()


def test_an_id_follows_from_account_day_model_policy_and_row():
    portfolio = portfolio_of({}, {})
    ids = decision_ids(portfolio, ["r", "r"], LINEAGE)
    assert len(set(ids)) == 2
    assert all(len(each) == 20 for each in ids)
    for part in ("artefact_digest", "policy_digest"):
        other = Lineage(**{**{f: getattr(LINEAGE, f) for f in LINEAGE.__slots__}, part: "x"})
        assert not set(decision_ids(portfolio, ["r", "r"], other)) & set(ids)
    for part in ("model_version", "certificate_digest", "policy_version"):
        other = Lineage(**{**{f: getattr(LINEAGE, f) for f in LINEAGE.__slots__}, part: "x"})
        assert decision_ids(portfolio, ["r", "r"], other) == ids
    assert decision_ids(portfolio, ["s", "r"], LINEAGE)[0] not in ids


def test_a_brake_is_part_of_the_ids_of_its_products_alone():
    portfolio = portfolio_of({}, {"product": "cash_loan"})
    pay_later, cash_loan = decision_ids(portfolio, ["r", "r"], LINEAGE)
    braked = replace(LINEAGE, brakes=Brakes(frozenset({Product.CASH_LOAN})))
    same, other = decision_ids(portfolio, ["r", "r"], braked)
    assert same == pay_later
    assert other != cash_loan


def test_lists_leave_out_what_is_not_there():
    places = np.array([[1, 0, NONE], [NONE, NONE, NONE], [2, NONE, NONE]])
    assert listed(places, ("a", "b", "c")).to_pylist() == [["b", "a"], [], ["c"]]


def test_closures_last_to_the_later_of_this_and_earlier_decisions():
    # overdue by 30 days closes for 6 months, by 1 day for 3
    changes = [
        {},
        {"days_past_due_latest": 30.0},
        {"closed_until": date(2024, 12, 31)},
        {"days_past_due_latest": 30.0, "closed_until": date(2024, 12, 31)},
        {"days_past_due_latest": 30.0, "closed_until": date(2024, 2, 29)},
        {"closed_until": date(2024, 1, 30)},
    ]
    portfolio = portfolio_of(*changes)
    batch = decide(portfolio, shipped_policy(), 6)
    table = decision_rows(
        portfolio,
        batch,
        LINEAGE,
        ids=["d"] * len(changes),
        row_digests=["r"] * len(changes),
        feature_reasons=listed(np.full((len(changes), 1), NONE), ()),
    )
    half_year, year = (end_of_day(date(2024, 7, 31)), end_of_day(date(2024, 12, 31)))
    assert table["increases_closed_until"].to_pylist() == [
        None,
        half_year,
        year,
        year,
        half_year,
        None,
    ]
    assert table["data_versions"].to_pylist() == ['{"accounts":3}'] * len(changes)
    assert set(table["as_of"].to_pylist()) == {AS_OF}
    assert len(set(leaf_digests(table))) == len(changes)
    assert leaf_digests(table) == leaf_digests(table.take([5, 4, 3, 2, 1, 0]))
