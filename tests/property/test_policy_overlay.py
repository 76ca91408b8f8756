"""The macro overlay: probabilities stay probabilities, in their order, and neutral is nothing."""

from copy import deepcopy

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.errors import DataMissing, PolicyError
from credit_limits.policy.overlay import (
    MacroCondition,
    Overlay,
    OverlayRule,
    overlaid_plain,
    overlaid_probability,
    parse_overlay,
)
from tests.conftest import ROOT
from tests.decision_samples import drawn_portfolios, portfolio_of

SHIPPED = yaml.safe_load((ROOT / "policies/overlay/2005-01-01.yaml").read_text(encoding="utf-8"))
RULES = st.builds(
    OverlayRule,
    st.just("drawn"),
    st.sampled_from([None, *Product]),
    st.sampled_from([None, *Segment]),
    st.just(MacroCondition.ALWAYS),
    st.just(0.0),
    st.floats(0.05, 20.0),
)
OVERLAYS = st.lists(RULES, max_size=3).map(lambda rules: Overlay(tuple(rules)))
MULTIPLIERS = st.floats(0.05, 20.0)


def rule(**change) -> OverlayRule:
    neutral = {
        "name": "a",
        "product": None,
        "segment": None,
        "condition": MacroCondition.ALWAYS,
        "at_least": 0.0,
        "multiplier": 1.0,
    }
    return OverlayRule(**(neutral | change))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), MULTIPLIERS)
@settings(max_examples=60)
def test_probabilities_stay_within_their_bounds_and_in_their_order(values, multiplier):
    own = np.sort(np.array(values))
    moved = overlaid_probability(own, np.full(len(own), multiplier))
    assert ((moved >= 0) & (moved <= 1)).all()
    assert (np.diff(moved) >= -1e-15).all()
    assert (moved >= own - 1e-15).all() if multiplier >= 1 else (moved <= own + 1e-15).all()
    assert (moved[own == 0] == 0).all()
    assert (moved[own == 1] == 1).all()


@given(st.floats(0, 1), MULTIPLIERS, MULTIPLIERS)
@settings(max_examples=60)
def test_a_higher_multiplier_is_never_a_lower_probability(own, one, other):
    low, high = sorted([one, other])
    pair = overlaid_probability(np.full(2, own), np.array([low, high]))
    assert pair[0] <= pair[1] + 1e-15


@given(drawn_portfolios())
@settings(max_examples=40)
def test_what_ships_is_neutral_to_the_last_bit(portfolio):
    found = parse_overlay(deepcopy(SHIPPED)).applied(portfolio, None)
    assert found.default_probability.tobytes() == portfolio.default_probability.tobytes()
    assert found.model_probability.tobytes() == portfolio.model_probability.tobytes()


@given(drawn_portfolios(most=6), OVERLAYS)
@settings(max_examples=60)
def test_the_plain_twin_says_the_same_of_every_account(portfolio, overlay):
    found = overlay.applied(portfolio, None)
    assert (found.model_probability == portfolio.model_probability).all()
    for place in range(len(portfolio)):
        plain = overlaid_plain(portfolio.account(place), overlay, None)
        assert found.default_probability[place] == pytest.approx(plain, rel=1e-12)
    # applied again it says the same: it starts from the model's own
    assert (overlay.applied(found, None).default_probability == found.default_probability).all()


def test_an_adjustment_is_for_its_part_and_cautious_where_nothing_is_known():
    portfolio = portfolio_of(
        {}, {"segment": "micro_merchant"}, {"segment": None}, {"product": "cash_loan"}
    )
    raised = Overlay((rule(segment=Segment.MICRO_MERCHANT, multiplier=2.0),))
    lowered = Overlay((rule(segment=Segment.MICRO_MERCHANT, multiplier=0.5),))
    loans = Overlay((rule(product=Product.CASH_LOAN, multiplier=3.0), rule(multiplier=2.0)))
    assert raised.multipliers(portfolio, None).tolist() == [1, 2, 2, 1]
    assert lowered.multipliers(portfolio, None).tolist() == [1, 0.5, 1, 1]
    assert loans.multipliers(portfolio, None).tolist() == [2, 2, 2, 6]


def test_a_condition_holds_from_its_bound_and_refuses_where_it_is_not_known():
    risen = rule(condition=MacroCondition.UNEMPLOYMENT_RISE, at_least=0.01, multiplier=2.0)
    portfolio = portfolio_of({})
    overlay = Overlay((risen,))
    assert [overlay.multipliers(portfolio, rise)[0] for rise in (-0.02, 0.009, 0.01, 0.05)] == [
        1,
        1,
        2,
        2,
    ]
    with pytest.raises(DataMissing, match="the rise of unemployment"):
        overlay.applied(portfolio, None)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("multiplier", 0.0, "multiplier: 0.0 is not within"),
        ("product", "mortgage", "mortgage"),
        ("segment", "state", "state"),
        ("condition", "sometimes", "sometimes"),
        ("at_least", 0.5, "no at_least but 0"),
        ("reason", "why", "expected"),
    ],
)
def test_a_row_that_does_not_hold_together_is_refused(field, value, said):
    content = deepcopy(SHIPPED)
    content["overlay"]["adjustments"]["value"][0][field] = value
    with pytest.raises(PolicyError, match=said):
        parse_overlay(content)


def test_two_rows_of_one_name_are_refused():
    content = deepcopy(SHIPPED)
    content["overlay"]["adjustments"]["value"] *= 2
    with pytest.raises(PolicyError, match="the same name"):
        parse_overlay(content)
