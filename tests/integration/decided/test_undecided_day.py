"""One reading of a day: adjustment, preview and gate decide about the same accounts."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from credit_limits.domain.limit_response import LimitResponse
from credit_limits.policy.brakes import NO_BRAKES
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF
from tidegate.operations.champion import DEFAULT_RISK, load_champion
from tidegate.operations.decided_portfolio import decided_today
from tidegate.operations.decision_cycle import Asked, open_cycle
from tidegate.operations.platform import Platform
from tidegate.operations.set_brake import SetBrakeRequest, set_brake
from tidegate.operations.undecided_day import read_day


@pytest.fixture
def braked(lender: Platform, tmp_path) -> Platform:
    """Raises of one product are stopped."""
    platform = copied(lender, tmp_path)
    stop = SetBrakeRequest(
        measure="no_increases",
        product="cash_loan",
        as_of=AS_OF,
        until=date(2024, 6, 30),
        owner="head of credit",
        reason="why",
    )
    set_brake(platform, stop)
    return platform


def test_a_cycle_decides_the_day_as_it_was_read_and_the_gate_leaves_brakes_out(braked):
    certified = load_champion(braked, DEFAULT_RISK)
    response = LimitResponse("9", "d" * 64, 0.3, 1.0)
    certified = replace(certified, response=response)
    day = read_day(braked, certified.loaded, AS_OF, response=response)
    cycle = open_cycle(braked, certified, Asked(AS_OF))
    judged = decided_today(braked, certified.loaded, AS_OF, day.scored, response=response)
    economics = day.undecided.policy.economics
    assert (economics.balance_elasticity, economics.default_log_odds_per_log_limit) == (0.3, 1.0)
    assert cycle.inputs.policy.economics == economics
    assert (cycle.lineage.limit_response_version, cycle.response) == ("9", day.response)
    under, free = cycle.inputs.decided(), judged.batch
    assert np.array_equal(under.to_minor, day.undecided.decided().to_minor)
    assert (cycle.lineage.policy_digest, cycle.overlay) == (day.policy_file.digest, day.overlay)
    assert len(day.brakes) == 1
    assert day.undecided.brakes != NO_BRAKES
    assert (free.to_minor > judged.portfolio.limit_minor).sum() > (
        under.to_minor > cycle.inputs.portfolio.limit_minor
    ).sum()


def test_accounts_of_the_other_product_are_asked_for_without_its_brake(braked):
    certified = load_champion(braked, DEFAULT_RISK)
    cycle = open_cycle(braked, certified, Asked(AS_OF, "pay_later"))
    assert (cycle.brakes, cycle.inputs.brakes) == ((), NO_BRAKES)
    assert len(cycle.inputs.features) == len(cycle.inputs.portfolio)
