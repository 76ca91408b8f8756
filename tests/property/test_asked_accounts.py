"""Which accounts a cycle is asked for: the sides of a canary part them, whatever is drawn."""

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.account import Product
from credit_limits.launch.canary import in_canary
from credit_limits.policy.portfolio import PRODUCTS
from tests.decision_samples import portfolio_of
from tidegate.operations.decision_cycle import Asked

DAY = date(2024, 1, 31)
accounts = st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=14).map(
    lambda products: portfolio_of(*({"product": product} for product in products))
)
products = st.sampled_from([None, *Product])
launches = st.sampled_from(["one", "two", "three"])


def of_product(portfolio, product):
    if product is None:
        return np.ones(len(portfolio), dtype=np.bool_)
    return portfolio.product == PRODUCTS.index(product)


@given(accounts, products)
@settings(max_examples=25)
def test_without_a_canary_everyone_of_the_product_is_asked_for(portfolio, product):
    chosen = Asked(DAY, product).chosen(portfolio)
    np.testing.assert_array_equal(chosen, of_product(portfolio, product))


@given(accounts, products, launches, st.floats(0.05, 0.95))
@settings(max_examples=50)
def test_the_two_sides_of_a_canary_have_everyone_once(portfolio, product, launch, share):
    inside, outside = (
        Asked(DAY, product, launch, share, inside=side).chosen(portfolio) for side in (True, False)
    )
    asked = of_product(portfolio, product)
    assert not (inside & outside).any()
    np.testing.assert_array_equal(inside | outside, asked)
    drawn = in_canary(portfolio.account_id.tolist(), launch, share)
    parted = (asked & drawn).any() and (asked & ~drawn).any()
    np.testing.assert_array_equal(inside, asked & drawn if parted else np.zeros_like(asked))
