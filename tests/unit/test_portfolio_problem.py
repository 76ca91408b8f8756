"""The policy's rows over a small portfolio, figure by figure."""

from dataclasses import replace

import numpy as np
import pytest

from credit_limits.allocation.candidates import candidates_between
from credit_limits.allocation.economics import candidate_values
from credit_limits.domain.account import Segment
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import yuan
from credit_limits.policy.account_scope import AccountScope, CappedAccounts
from credit_limits.policy.ladder import CandidateLadder, Rounding
from credit_limits.policy.lender import Jurisdiction, Lender, LenderType
from credit_limits.policy.portfolio_caps import BoundUnit, CapRule, Measure
from credit_limits.policy.ratio_rows import AveragedMeasure, RatioRule
from credit_limits.portfolio_problem import (
    accounts_of_day,
    allocation_problem,
    ratios_held,
    rows_over,
)
from tests.decision_samples import portfolio_of, shipped_policy

ALONE = Lender(Jurisdiction.CHINA, LenderType.BANK, lends_jointly=False)
JOINT = replace(ALONE, lends_jointly=True, partner_shares=(("a", 0.3), ("b", 0.0)))
HALF, HOLD, DOUBLE = range(3)
PORTFOLIO = portfolio_of(
    {"partner": "a", "region": "east"},
    {"partner": "b", "region": "west", "segment": "micro_merchant"},
    {"partner": "", "region": "west", "days_past_due_latest": 45.0},
    {"partner": "a", "region": "", "segment": None},
)


def problem(*caps, ratio_rows=(), lender=ALONE, portfolio=PORTFOLIO, **of_batch):
    policy = replace(shipped_policy(), caps=caps, ratio_rows=ratio_rows)
    limit = portfolio.limit_minor
    candidates = candidates_between(
        limit, limit // 2, limit * 2, CandidateLadder((500, 1000, 2000), (Rounding(0, 1),))
    )
    values = candidate_values(portfolio, candidates, policy.economics, 6)
    made = allocation_problem(portfolio, candidates, values, policy, lender=lender, **of_batch)
    return made, values


def changes(bound, unit=BoundUnit.SHARE_OF_ACCOUNTS, **scope):
    return CapRule("moves", Measure.CHANGES, None, bound, bound_unit=unit, **scope)


def row(measure=AveragedMeasure.INCREASE, ratio=0.8, **group):
    return RatioRule(
        "row",
        measure,
        AccountScope(**(group or {"segment": Segment.MICRO_MERCHANT})),
        AccountScope(segment=Segment.CONSUMER),
        ratio,
    )


def test_a_changed_limit_is_one_change_whichever_way_it_goes():
    made, _ = problem(changes(0.5))
    assert made.measures["changes"][:, 0].tolist() == [1, 0, 1]
    assert (made.caps[0].bound, made.caps[0].scope) == (2.0, None)
    assert made.usage(np.array([HALF, HOLD, DOUBLE, HOLD])) == (2.0,)


def test_the_changes_of_a_scope_are_a_share_of_its_accounts():
    made, _ = problem(changes(0.7, accounts=CappedAccounts.NOT_PAST_DUE))
    assert made.caps[0].bound == 2.0  # of three
    assert made.usage(np.array([HALF, HALF, HALF, HOLD])) == (2.0,)
    counted, _ = problem(changes(1, BoundUnit.COUNT, region="west"))
    assert counted.caps[0].bound == 1.0
    assert counted.usage(np.full(4, DOUBLE)) == (2.0,)


def test_a_part_of_a_day_has_its_part_of_a_count_by_the_accounts_in_scope():
    rules = (changes(2, BoundUnit.COUNT, region="west"), replace(changes(0.5), name="share"))
    day = accounts_of_day(PORTFOLIO, replace(shipped_policy(), caps=rules))
    assert day == {"moves": 2}
    part = PORTFOLIO.where(np.array([True, True, False, False]))
    made, _ = problem(*rules, portfolio=part, day=day)
    assert [cap.bound for cap in made.caps] == [1.0, 1.0]
    alone, _ = problem(*rules, portfolio=part)
    assert [cap.bound for cap in alone.caps] == [2.0, 1.0]


def test_each_partner_has_a_count_of_its_own_day():
    each = changes(1, BoundUnit.COUNT, each_partner=True)
    day = accounts_of_day(PORTFOLIO, replace(shipped_policy(), caps=(each,)))
    assert day == {"moves/a": 2, "moves/b": 1}


def test_the_provision_is_that_of_a_life_where_the_risk_has_risen():
    made, values = problem(CapRule("p", Measure.PROVISION, None, 1.1))
    loss, provision = values.expected_loss, made.measures["provision"]
    assert (provision[:, :2] == loss[:, :2]).all()
    p = 1 - 0.98**1.6  # 45 days past due: three years
    assert provision[:, 2] == pytest.approx(loss[:, 2] * (1 - (1 - p) ** 3) / p)
    assert made.caps[0].bound == pytest.approx(1.1 * provision[HOLD].sum())


def test_the_lender_funds_what_its_partners_do_not():
    made, values = problem(CapRule("f", Measure.FUNDED_BALANCE, None, 1.2), lender=JOINT)
    funded = made.measures["funded_balance"]
    assert values.balance[HOLD].tolist() == [yuan(3_000)] * 4
    assert values.balance[DOUBLE, 0] == pytest.approx(yuan(3_000) * 2**0.5)
    assert funded == pytest.approx(values.balance * np.array([0.7, 1.0, 1.0, 0.7]))
    alone, _ = problem(CapRule("f", Measure.FUNDED_BALANCE, None, 1.2))
    assert (alone.measures["funded_balance"] == values.balance).all()


def test_a_partner_whose_share_is_not_stated_is_refused_where_it_is_asked_for():
    unsaid = replace(JOINT, partner_shares=(("b", 0.0),))
    problem(CapRule("e", Measure.EXPOSURE, None, 1.0), lender=unsaid)
    with pytest.raises(PolicyError, match="does not say which share of its loans a funds"):
        problem(CapRule("f", Measure.FUNDED_BALANCE, None, 1.0), lender=unsaid)


def test_each_partner_has_a_cap_of_its_own():
    made, values = problem(CapRule("e", Measure.EXPOSURE, None, 1.05, each_partner=True))
    assert [cap.name for cap in made.caps] == ["e/a", "e/b"]
    assert made.caps[0].scope.tolist() == [True, False, False, True]
    assert made.caps[0].bound == pytest.approx(1.05 * values.exposure[HOLD, [0, 3]].sum())


def test_who_is_in_no_region_is_in_no_cap_of_one():
    made, _ = problem(CapRule("r", Measure.LIMIT, None, 1.0, region="west"))
    assert made.caps[0].scope.tolist() == [False, True, True, False]
    assert problem(CapRule("r", Measure.LIMIT, None, 1.0, region="north"))[0].caps == ()


def test_a_ratio_row_is_one_row_of_averages():
    made, _ = problem(ratio_rows=(row(),))
    (cap,) = made.caps
    assert 0.0 < cap.bound <= 1e-6  # of a fen
    assert cap.scope.tolist() == pytest.approx([0.8 / 2, -1.0, 0.8 / 2, 0.0])
    # the merchant's raise of 10,000 is 1 x the average of two consumers, who get it both
    assert made.usage(np.array([DOUBLE, DOUBLE, DOUBLE, HOLD]))[0] == pytest.approx(-yuan(2_000))
    assert made.usage(np.array([DOUBLE, HOLD, HALF, HOLD]))[0] == pytest.approx(yuan(4_000))


@pytest.mark.parametrize("others", [3, 6, 7, 11, 49])
def test_a_row_that_is_met_exactly_does_not_miss_by_a_last_digit(others):
    merchant, consumer = {"segment": "micro_merchant"}, {"segment": "consumer"}
    portfolio = portfolio_of(merchant, *[consumer] * others)
    made, _ = problem(ratio_rows=(row(ratio=1.0),), portfolio=portfolio)
    made.measures["increase"][DOUBLE] += 0.1  # whole amounts would round well
    for choice in (HOLD, DOUBLE):
        used = made.usage(np.full(others + 1, choice))[0]
        assert used <= made.caps[0].bound


def test_a_cut_counts_against_raises_only_where_changes_are_averaged():
    choice = np.array([DOUBLE, HALF, HALF, HOLD])
    raised, _ = problem(ratio_rows=(row(),))
    net, _ = problem(ratio_rows=(row(AveragedMeasure.LIMIT_CHANGE),))
    assert raised.usage(choice)[0] == pytest.approx(0.4 * yuan(10_000))
    assert net.usage(choice)[0] == pytest.approx(0.4 * yuan(5_000) + yuan(5_000))


def test_a_row_with_an_empty_group_asks_nothing():
    nobody = row(region="north")
    assert problem(ratio_rows=(nobody,))[0].caps == ()
    policy = replace(shipped_policy(), ratio_rows=(nobody,))
    assert ratios_held(PORTFOLIO, PORTFOLIO.limit_minor, policy) == ()


def test_accounts_by_themselves_weigh_what_they_weighed_in_their_batch():
    alone = PORTFOLIO.where(np.array([True, False, False, False]))
    made, _ = problem(ratio_rows=(row(),), sizes={"row": (40, 200)}, portfolio=alone)
    assert made.caps[0].scope.tolist() == pytest.approx([0.8 / 200])
    assert problem(ratio_rows=(row(),), sizes={}, portfolio=alone)[0].caps == ()


def test_what_ratio_rows_come_to():
    policy = replace(shipped_policy(), caps=(), ratio_rows=(row(),))
    to = np.array([yuan(14_000), yuan(12_000), yuan(5_000), yuan(10_000)])
    (held,) = ratios_held(PORTFOLIO, to, policy)
    assert (held.accounts, held.reference_accounts) == (1, 2)
    assert held.average_minor == yuan(2_000)
    assert held.reference_average_minor == yuan(2_000)  # 4,000 and, of the cut, nothing


def test_which_rows_a_raise_of_an_account_uses():
    rules = (
        CapRule("all", Measure.EXPOSURE, None, 1.0),
        CapRule("floor", Measure.LIMIT, None, 0.9, at_least=True),
        CapRule("west", Measure.LIMIT, None, 1.0, region="west"),
        CapRule("each", Measure.EXPOSURE, None, 1.0, each_partner=True),
    )
    policy = replace(shipped_policy(), caps=rules, ratio_rows=(row(),))
    first, second = (PORTFOLIO.where(np.arange(4) == place) for place in (0, 1))
    assert rows_over(first, policy) == {"all", "each/a", "row"}
    assert rows_over(second, policy) == {"all", "west", "each/b"}
