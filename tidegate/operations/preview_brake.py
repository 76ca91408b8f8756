"""Preview a brake: what it would do to today's decisions, before anyone sets it."""

from dataclasses import replace
from datetime import date

import structlog
from pydantic import BaseModel, ConfigDict

from credit_limits.decision_changes import compare
from credit_limits.policy.brakes import Brakes
from tidegate.operations.champion import DEFAULT_RISK, load_champion
from tidegate.operations.change_rows import ChangeTables, change_tables
from tidegate.operations.platform import Platform
from tidegate.operations.set_brake import AskedBrake, check_region
from tidegate.operations.undecided_day import read_day

_log = structlog.get_logger(__name__)


class PreviewBrakeRequest(AskedBrake):
    """The brake to try."""


class PreviewBrakeOutcome(BaseModel):
    """Decisions of a day without and with the brake, all that holds today beside it.

    ``held`` accounts it would hold for; of these ``not_placed`` only because their segment or
    region is not known.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    brake: str
    model_version: str
    policy_version: str
    accounts: int
    held: int
    not_placed: int
    changes: ChangeTables


def preview_brake(platform: Platform, request: PreviewBrakeRequest) -> PreviewBrakeOutcome:
    """Decide the latest portfolio twice, without and with the brake. Nothing is written.

    Raises:
        NoCertifiedChampion: no champion, or one whose certificate does not verify.
        DataMissing: the features of the day were not computed.
        InputError: no customer is known in the region.
        PolicyError: the limit policy or the rule book of the day cannot be used.
        AllocationInfeasible: the caps of the policy cannot be met.
    """
    as_of = request.as_of or platform.lake.latest_knowledge()
    check_region(platform, request.region, as_of)
    champion = load_champion(platform, DEFAULT_RISK)
    day = read_day(platform, champion.loaded, as_of, response=champion.response)
    undecided, order = day.undecided, request.order
    portfolio = undecided.portfolio
    before = undecided.decided()
    _log.info("decided_without_the_brake", accounts=len(portfolio))
    after = replace(undecided, brakes=Brakes((*undecided.brakes.orders, order))).decided()
    _log.info("decided_with_the_brake", accounts=len(portfolio))
    held = order.holds(portfolio)
    unplaced = held & (
        (bool(order.segments) & (portfolio.segment < 0))
        | (bool(order.regions) & (portfolio.region == ""))
    )
    return PreviewBrakeOutcome(
        as_of=as_of,
        brake=order.words,
        model_version=champion.version,
        policy_version=day.policy_file.version,
        accounts=len(portfolio),
        held=int(held.sum()),
        not_placed=int(unplaced.sum()),
        changes=change_tables(compare(portfolio, before, after)),
    )
