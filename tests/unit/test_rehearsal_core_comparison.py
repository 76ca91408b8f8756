"""Policies side by side: means, intervals, and what cannot be compared."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from credit_limits.rehearsal.books import Books
from credit_limits.rehearsal.comparison import PolicyBooks, compared
from credit_limits.rehearsal.rivals import HOLD, RULE_OF_THUMB, run_rival
from tests.rehearsal_core_samples import TROUBLED, parameters

MONTHS, HISTORY = 14, 7


def run(rival, seed, customers=250):
    world = parameters(customers, months=MONTHS, seed=seed, repayment=TROUBLED)
    return run_rival(world, rival, history_months=HISTORY)


@pytest.fixture(scope="module")
def lived():
    """Books of two policies over three seeds."""
    return {
        rival.name: tuple(run(rival, seed) for seed in (1, 2, 3)) for rival in (HOLD, RULE_OF_THUMB)
    }


def results(lived, seeds):
    policies = [PolicyBooks(name, name.title(), books[:seeds]) for name, books in lived.items()]
    return {result.name: result for result in compared(policies)}


def total(books, name="profit"):
    return float(getattr(books.totals, name).sum())


class TestOneSeed:
    def test_figures_are_those_of_the_books(self, lived):
        for name, result in results(lived, 1).items():
            books = lived[name][0]
            assert result.title == name.title()
            assert result.months == books.months
            assert result.groups == books.groups()
            assert result.cohorts == books.cohorts()
            assert result.profit.value == total(books)
            assert result.bad_debt.value == total(books, "bad_debt")
            assert result.limit.value == total(books, "limit_months") / (MONTHS - HISTORY)
            rate = total(books, "defaulted") / total(books, "held")
            assert result.default_rate.value == pytest.approx(rate)

    def test_bounds_come_from_drawing_customers_anew(self, lived):
        profit = results(lived, 1)["hold"].profit
        by_customer = lived["hold"][0].customer_totals().profit
        deviation = by_customer.std() * np.sqrt(len(by_customer))
        assert profit.low < profit.value < profit.high
        assert profit.high - profit.low == pytest.approx(2 * 1.96 * deviation, rel=0.12)

    def test_the_gain_over_hold_is_paired(self, lived):
        rule = results(lived, 1)["rule_of_thumb"]
        gain = lived["rule_of_thumb"][0].customer_totals().profit.astype(float)
        gain -= lived["hold"][0].customer_totals().profit
        width = rule.profit_over_hold.high - rule.profit_over_hold.low
        assert rule.profit_over_hold.value == gain.sum()
        assert width == pytest.approx(2 * 1.96 * gain.std() * np.sqrt(len(gain)), rel=0.12)
        assert width < rule.profit.high - rule.profit.low

    def test_hold_gains_nothing_over_itself(self, lived):
        gain = results(lived, 1)["hold"].profit_over_hold
        assert (gain.value, gain.low, gain.high) == (0.0, 0.0, 0.0)

    def test_the_same_books_give_the_same_result(self, lived):
        assert results(lived, 1) == results(lived, 1)

    def test_the_order_of_policies_does_not_matter(self, lived):
        backwards = dict(reversed(lived.items()))
        assert results(lived, 1) == results(backwards, 1)


class TestSeveralSeeds:
    def test_figures_are_means_over_the_seeds(self, lived):
        for name, result in results(lived, 3).items():
            profits = [total(books) for books in lived[name]]
            assert result.profit.value == pytest.approx(np.mean(profits))
            first = [books.months[0].interest_minor for books in lived[name]]
            assert result.months[0].interest_minor == round(np.mean(first))
            assert len(result.months) == MONTHS - HISTORY
            assert len(result.cohorts) == MONTHS - HISTORY - 5

    def test_bounds_are_students_over_the_seeds(self, lived):
        profits = [total(books) for books in lived["hold"]]
        low, high = stats.t.interval(0.95, 2, np.mean(profits), stats.sem(profits))
        profit = results(lived, 3)["hold"].profit
        assert (profit.low, profit.high) == pytest.approx((low, high))

    def test_the_gain_over_hold_pairs_the_seeds(self, lived):
        gains = [
            total(rule) - total(hold)
            for rule, hold in zip(lived["rule_of_thumb"], lived["hold"], strict=True)
        ]
        gain = results(lived, 3)["rule_of_thumb"].profit_over_hold
        assert gain.value == pytest.approx(np.mean(gains))
        assert gain.high - gain.value == pytest.approx(stats.t.ppf(0.975, 2) * stats.sem(gains))

    def test_groups_are_means_of_the_seeds_that_have_them(self, lived):
        for group in results(lived, 3)["hold"].groups:
            alike = [
                other
                for books in lived["hold"]
                for other in books.groups()
                if (other.grouping, other.name) == (group.grouping, group.name)
            ]
            assert group.accounts == round(np.mean([other.accounts for other in alike]))
            rates = [other.default_rate for other in alike]
            assert group.default_rate == pytest.approx(np.mean(rates))

    def test_cohorts_are_means_too(self, lived):
        cohort = results(lived, 3)["hold"].cohorts[0]
        rates = [books.cohorts()[0].default_rate_6m for books in lived["hold"]]
        assert cohort.default_rate_6m == pytest.approx(np.mean(rates))

    def test_profit_of_a_mean_month_is_still_the_sum_of_its_parts(self, lived):
        for result in results(lived, 3).values():
            for month in result.months:
                assert replace(month) == month


class TestRefusals:
    def test_books_need_a_month(self, lived):
        with pytest.raises(ValueError, match="empty has books without a month, or none"):
            PolicyBooks("empty", "Empty", (Books(lived["hold"][0].scene),))
        with pytest.raises(ValueError, match="books without a month, or none"):
            PolicyBooks("empty", "Empty", ())

    def test_hold_must_take_part(self, lived):
        with pytest.raises(ValueError, match="no policy is called hold"):
            compared([PolicyBooks("rule_of_thumb", "Rule", lived["rule_of_thumb"])])

    def test_policies_must_have_lived_the_same_worlds(self, lived):
        hold = PolicyBooks("hold", "Hold", lived["hold"])
        others = (
            lived["rule_of_thumb"][:2],
            tuple(reversed(lived["rule_of_thumb"])),
        )
        for books in others:
            with pytest.raises(ValueError, match="rule did not live the worlds"):
                compared([hold, PolicyBooks("rule", "Rule", books)])
