"""Digests, ids and columns of decision rows."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from credit_limits.decisions import decide
from credit_limits.domain.account import LinkKind, Product
from credit_limits.domain.digest import digest_of
from credit_limits.domain.past_due_link import PastDueLink
from credit_limits.domain.periods import end_of_day
from credit_limits.explanation.reasons import NONE
from tests.decision_samples import AS_OF, NOT_KNOWN, portfolio_of, shipped_policy, stop_of
from tidegate.operations.decision_rows import (
    Identity,
    Lineage,
    decision_ids,
    decision_rows,
    feature_row_digests,
    identify,
    leaf_digests,
    listed,
    listed_numbers,
    state_digests,
)
from tidegate.operations.past_due_links import link_texts

LINEAGE = Lineage(
    model_version="1",
    artefact_digest="artefact",
    certificate_digest="certificate",
    policy_version="limits/2005-01-01",
    policy_digest="policy",
    data_versions={"accounts": 3},
    code_digest="code",
    solver_digest="solver",
    rulebook_version="rulebook/CN-bank/2020-07-12",
    rulebook_digest="rulebook",
    overlay_version="overlay/2005-01-01",
    overlay_digest="overlay",
    limit_response_version="",
    limit_response_digest="",
)
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
    for part in ("artefact_digest", "policy_digest", "rulebook_digest"):
        other = Lineage(**{**{f: getattr(LINEAGE, f) for f in LINEAGE.__slots__}, part: "x"})
        assert not set(decision_ids(portfolio, ["r", "r"], other)) & set(ids)
    for part in ("model_version", "certificate_digest", "policy_version", "code_digest"):
        other = Lineage(**{**{f: getattr(LINEAGE, f) for f in LINEAGE.__slots__}, part: "x"})
        assert decision_ids(portfolio, ["r", "r"], other) == ids
    assert decision_ids(portfolio, ["s", "r"], LINEAGE)[0] not in ids


def test_a_limit_response_is_part_of_every_id_and_of_none_where_there_is_none():
    portfolio = portfolio_of({}, {"product": "cash_loan"})
    ids = decision_ids(portfolio, ["r", "r"], LINEAGE)
    measured = replace(LINEAGE, limit_response_version="3", limit_response_digest="d3")
    others = decision_ids(portfolio, ["r", "r"], measured)
    assert not set(ids) & set(others)
    renamed = replace(measured, limit_response_version="4")
    assert decision_ids(portfolio, ["r", "r"], renamed) == others
    assert not set(others) & set(
        decision_ids(portfolio, ["r", "r"], replace(measured, limit_response_digest="d4"))
    )


def test_a_brake_is_part_of_the_ids_of_its_products_alone():
    portfolio = portfolio_of({}, {"product": "cash_loan"})
    pay_later, cash_loan = decision_ids(portfolio, ["r", "r"], LINEAGE)
    braked = replace(LINEAGE, brakes=stop_of({Product.CASH_LOAN}))
    same, other = decision_ids(portfolio, ["r", "r"], braked)
    assert same == pay_later
    assert other != cash_loan


def test_an_overlay_is_part_of_the_ids_of_those_it_moves_alone():
    portfolio = portfolio_of({}, {})
    plain = decision_ids(portfolio, ["r", "r"], LINEAGE)
    moved = replace(portfolio, default_probability=portfolio.model_probability * [1.0, 2.0])
    assert decision_ids(moved, ["r", "r"], LINEAGE) == [
        plain[0],
        digest_of(["A0001", AS_OF, "artefact", "policy", "rulebook", "r", "overlay overlay"])[:20],
    ]
    other = replace(LINEAGE, overlay_digest="other")
    assert decision_ids(portfolio, ["r", "r"], other) == plain
    assert decision_ids(moved, ["r", "r"], other)[1] != decision_ids(moved, ["r", "r"], LINEAGE)[1]


def test_an_id_is_the_digest_of_a_plain_list():
    portfolio = portfolio_of({}, {"product": "cash_loan", "id": 'a "quoted" 账户'})
    braked = replace(LINEAGE, brakes=stop_of({Product.CASH_LOAN}))
    shared = [AS_OF, "artefact", "policy", "rulebook", "r"]
    assert decision_ids(portfolio, ["r", "r"], braked) == [
        digest_of(["A0000", *shared])[:20],
        digest_of(['a "quoted" 账户', *shared, "no_increases"])[:20],
    ]


def test_the_state_apart_from_the_features():
    def state(**change):
        return state_digests(portfolio_of(change))

    assert state(limit=5) != state()
    assert state(closed_until=date(2024, 5, 1)) != state()
    assert state(spend_90d_minor=1.0, pd=0.5) == state()


def test_an_identity_is_narrowed_like_its_portfolio():
    portfolio = portfolio_of({}, {"limit": 5}, {"limit": 6})
    features = np.array([[1.0], [2.0], [3.0]])
    kept = np.array([True, False, True])
    whole = identify(portfolio, features, LINEAGE)
    assert whole.where(kept) == identify(portfolio.where(kept), features[kept], LINEAGE)


def test_numbers_are_listed_beside_their_names():
    numbers = np.array([[0.5, 0.25], [1.0, 2.0]])
    assert listed_numbers(np.array([[1, 0], [NONE, 1]]), numbers).to_pylist() == [
        [0.25, 0.5],
        [2.0],
    ]


def test_lists_leave_out_what_is_not_there():
    places = np.array([[1, 0, NONE], [NONE, NONE, NONE], [2, NONE, NONE]])
    assert listed(places, ("a", "b", "c")).to_pylist() == [["b", "a"], [], ["c"]]


def test_a_row_names_the_links_of_its_customer_and_of_who_is_counted_alone():
    links = {
        "C0000": [PastDueLink("C7", (LinkKind.CONTACT, LinkKind.DEVICE))],
        "C0001": [PastDueLink("C8", (LinkKind.TRANSFER,)), PastDueLink("C9", (LinkKind.DEVICE,))],
        "C0002": [PastDueLink("C8", (LinkKind.TRANSFER,))],
    }
    counts = (1.0, 2.0, 0.0, NOT_KNOWN, 3.0)
    portfolio = portfolio_of(*({"linked_past_due_count": count} for count in counts))
    assert link_texts(portfolio, links).to_pylist() == [
        ["C7: contact, device"],
        ["C8: transfer", "C9: device"],
        [],
        [],
        [],
    ]


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
        identity=Identity(*([text] * len(changes) for text in ("d", "r", "s"))),
        feature_reasons=listed(np.full((len(changes), 1), NONE), ()),
        feature_contributions=listed_numbers(
            np.full((len(changes), 1), NONE), np.zeros((len(changes), 1))
        ),
        past_due_links=link_texts(portfolio, {}),
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
    assert leaf_digests(table) == [digest_of(row) for row in table.to_pylist()]
