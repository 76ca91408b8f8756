"""What a change does to a portfolio's decisions, against counting account by account."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decision_changes import (
    ActionPair,
    DecidedAmounts,
    action_pairs,
    book_sums,
    change_of,
)
from credit_limits.domain.decision import Action
from credit_limits.explanation.reasons import ACTIONS

LIMITS = st.integers(0, 4).map(lambda step: step * 50_000)
FIGURES = ("exposure_minor", "expected_loss_minor", "provision_minor", "expected_profit_minor")
sides = st.fixed_dictionaries(
    {"to": LIMITS, "action": st.integers(0, len(ACTIONS) - 1)}
    | {figure: st.integers(-9, 99) for figure in FIGURES}
)
accounts = st.lists(
    st.fixed_dictionaries({"today": LIMITS, "inside": st.booleans(), "one": sides, "two": sides}),
    max_size=12,
)


def decided(rows, side):
    return DecidedAmounts(
        to_minor=np.array([row[side]["to"] for row in rows], np.int64),
        action=np.array([row[side]["action"] for row in rows], np.int64),
        **{name: np.array([row[side][name] for row in rows], np.float64) for name in FIGURES},
    )


def arrays(rows):
    today = np.array([row["today"] for row in rows], np.int64)
    inside = np.array([row["inside"] for row in rows], np.bool_)
    return today, inside, decided(rows, "one"), decided(rows, "two")


def way(row, side):
    """1 where the limit rises, -1 where it falls, 0 where it stays."""
    return (row[side]["to"] > row["today"]) - (row[side]["to"] < row["today"])


@given(accounts)
@settings(max_examples=30)
def test_sums_of_some_accounts(rows):
    today, inside, one, _ = arrays(rows)
    some = [row for row in rows if row["inside"]]
    sums = book_sums(today, one, inside)
    assert (sums.accounts, sums.limit_minor) == (len(some), sum(row["one"]["to"] for row in some))
    assert sums.raised == sum(way(row, "one") > 0 for row in some)
    assert sums.lowered == sum(way(row, "one") < 0 for row in some)
    added = sum(max(row["one"]["to"] - row["today"], 0) for row in some)
    assert sums.added_minor == added
    for name in FIGURES:
        assert getattr(sums, name) == sum(row["one"][name] for row in some)


@given(accounts)
@settings(max_examples=30)
def test_who_moves_and_whose_raise_or_cut_stops_or_is_new(rows):
    today, inside, one, two = arrays(rows)
    change = change_of("some", today, one, two, inside)
    some = [row for row in rows if row["inside"]]
    ways = Counter((way(row, "one"), way(row, "two")) for row in some)
    assert change.raises_stopped == ways[1, 0] + ways[1, -1]
    assert change.raises_new == ways[0, 1] + ways[-1, 1]
    assert change.cuts_stopped == ways[-1, 0] + ways[-1, 1]
    assert change.cuts_new == ways[0, -1] + ways[1, -1]
    assert change.higher == sum(row["two"]["to"] > row["one"]["to"] for row in some)
    assert change.lower == sum(row["two"]["to"] < row["one"]["to"] for row in some)
    apart = [
        row["one"]["to"] != row["two"]["to"] or row["one"]["action"] != row["two"]["action"]
        for row in some
    ]
    assert change.moved == sum(apart)
    assert change.before == book_sums(today, one, inside)
    assert change.after == book_sums(today, two, inside)


@given(accounts)
@settings(max_examples=30)
def test_every_account_is_in_one_pair_of_actions(rows):
    _, _, one, two = arrays(rows)
    found = action_pairs(one, two)
    counted = Counter((row["one"]["action"], row["two"]["action"]) for row in rows)
    expected = [
        ActionPair(
            ACTIONS[first],
            ACTIONS[second],
            count,
            sum(row["one"]["to"] for row in rows if pair_of(row) == (first, second)),
            sum(row["two"]["to"] for row in rows if pair_of(row) == (first, second)),
        )
        for (first, second), count in sorted(counted.items())
    ]
    assert list(found) == expected
    assert tuple(ACTIONS) == tuple(Action)


def pair_of(row):
    return row["one"]["action"], row["two"]["action"]
