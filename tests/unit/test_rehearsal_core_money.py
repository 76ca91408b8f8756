"""The money of a month, in amounts worked out by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest

from credit_limits.rehearsal.economics import (
    LenderEconomics,
    RehearsalEconomics,
    WelfareEconomics,
)
from credit_limits.rehearsal.money import money_of_month, newly_defaulted, welfare_of_month
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.past_policy import NO_CHANGES
from credit_limits.simulation.portfolio import CLOSED, FROZEN
from tests.rehearsal_core_samples import money, month_after, quiet_standing

NOTHING_UNDRAWN = LenderEconomics(undrawn_rate=0.0)


def settled(p=NOTHING_UNDRAWN, changes=NO_CHANGES, before=None, after=None, **amounts):
    """The money of a month after a quiet one; ``amounts`` are those of its end."""
    scene, quiet = quiet_standing(**(before or {}))
    end = month_after(quiet, money=money(quiet, **amounts))
    end = replace(end, **{k: np.full_like(getattr(end, k), v) for k, v in (after or {}).items()})
    return scene, money_of_month(scene, quiet, end, changes, p)


def everyone(values):
    assert len(set(values.tolist())) == 1
    return values[0]


def test_a_month_without_money_earns_nothing():
    _, month = settled()
    assert everyone(month.profit) == 0


def test_interest_and_fees_are_those_of_the_bill():
    _, month = settled(interest=12_34, fees=5_00)
    assert (everyone(month.interest), everyone(month.fees)) == (12_34, 5_00)
    assert everyone(month.profit) == 17_34


def test_interchange_is_earned_on_purchases_and_not_on_cash():
    scene, month = settled(spent=2_000_00)
    assert everyone(month.interchange[~scene.accounts.cash_loan]) == 20_00
    assert everyone(month.interchange[scene.accounts.cash_loan]) == 0


def test_what_is_owed_is_funded_at_the_mean_of_the_month():
    scene, quiet = quiet_standing()
    before = replace(quiet, money=money(quiet, balance=2_000_00))
    after = month_after(quiet, money=money(quiet, balance=4_000_00))
    month = money_of_month(scene, before, after, NO_CHANGES, NOTHING_UNDRAWN)
    assert everyone(month.funding) == 7_50


def test_what_may_still_be_drawn_is_kept_ready():
    # 10,000 yuan of limit less 4,000 owed, at 0.1 % a year, and 2,000 funded on the mean.
    _, month = settled(LenderEconomics(), balance=4_000_00)
    assert everyone(month.funding) == 5_00 + 50


@pytest.mark.parametrize("status", [FROZEN, CLOSED])
def test_a_frozen_or_closed_line_needs_no_money_kept_ready(status):
    _, month = settled(LenderEconomics(), after={"status": status}, balance=4_000_00)
    assert everyone(month.funding) == 5_00


def test_a_line_without_a_statement_needs_no_money_kept_ready():
    _, month = settled(LenderEconomics(), after={"state": State.ABSENT})
    assert everyone(month.funding) == 0


def test_bad_debt_less_what_comes_back_is_the_loss():
    _, month = settled(charged_off=1_000_00, recovered=300_00)
    assert (everyone(month.bad_debt), everyone(month.loss)) == (1_000_00, 700_00)
    assert everyone(month.profit) == -700_00


def test_a_debt_in_default_is_written_off_and_needs_no_funding():
    _, month = settled(after={"state": State.DPD_90}, balance=4_000_00)
    assert everyone(month.funding) == 0


def test_every_change_costs_the_same_up_and_down():
    _, quiet = quiet_standing()
    account = np.array([0, 3])
    changes = replace(
        NO_CHANGES,
        account=account,
        from_minor=quiet.limit[account],
        to_minor=quiet.limit[account] + [100_00, -100_00],
    )
    _, month = settled(changes=changes)
    assert month.change_cost[account].tolist() == [5_00, 5_00]
    assert month.change_cost.sum() == 10_00


def test_default_is_reaching_90_days_past_due():
    _, quiet = quiet_standing(state=State.DPD_60)
    states = np.full(len(quiet.limit), State.DPD_60, dtype=np.int8)
    states[:2] = State.DPD_90
    after = month_after(quiet, state=states)
    assert newly_defaulted(quiet, after).sum() == 2
    assert newly_defaulted(after, month_after(after)).sum() == 0


class TestWelfare:
    def of(self, *, state=State.CURRENT, end=State.CURRENT, balance=6_000_00, **charged):
        scene, quiet = quiet_standing(state=state)
        before = replace(quiet, money=money(quiet, balance=balance))
        after = month_after(quiet, money=money(quiet, balance=balance, **charged))
        after = replace(after, state=np.full_like(after.state, end))
        return scene, after, welfare_of_month(scene, before, after, WelfareEconomics())

    def test_a_carried_balance_is_worth_more_than_its_interest(self):
        scene, _, welfare = self.of(interest=75_00)
        assert everyone(welfare[scene.accounts.revolver]) == 45_00

    def test_a_balance_paid_in_full_is_worth_what_a_deposit_earns(self):
        scene, _, welfare = self.of()
        assert everyone(welfare[~scene.accounts.revolver]) == 10_00

    def test_fees_are_paid_by_the_customer(self):
        assert everyone(self.of(balance=0, fees=12_00)[2]) == -12_00

    def test_a_default_costs_months_of_income_once(self):
        scene, after, welfare = self.of(state=State.DPD_60, end=State.DPD_90, balance=0)
        income = np.exp(after.log_income[scene.accounts.customer]) * 100.0
        assert (welfare == -np.rint(3.0 * income)).all()
        assert everyone(self.of(state=State.DPD_90, end=State.DPD_90)[2]) == 0


class TestEconomics:
    @pytest.mark.parametrize(
        "build",
        [
            lambda: LenderEconomics(funding_rate=-0.01),
            lambda: LenderEconomics(pay_later_interchange=0.5),
            lambda: WelfareEconomics(default_harm_months=float("nan")),
        ],
    )
    def test_a_figure_out_of_range_is_named(self, build):
        with pytest.raises(ValueError, match=r"(funding_rate|pay_later|default_harm).* outside"):
            build()

    def test_every_figure_says_its_unit_and_its_source(self):
        for group in (RehearsalEconomics().lender, RehearsalEconomics().welfare):
            for item in fields(group):
                assert item.metadata["unit"]
                assert item.metadata["description"]
                assert item.metadata["source"]
