"""A day before it is decided: its open accounts with their scores, and what is in force.

An adjustment, a preview, a simulation and the gate all read the day here, and so alike.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import structlog

from credit_limits.domain.limit_response import LimitResponse
from credit_limits.policy.limit_policy import parse_limit_policy
from monitoring.drift import SCORE
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.brakes import Brake, in_force, open_brakes
from tidegate.operations.decision_inputs import Undecided
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.macro_overlay import OverlayInForce, overlay_at
from tidegate.operations.platform import Platform
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.scored_rows import label_window_months, portfolio_scored

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UndecidedDay:
    """Every open account of a day, and where what decides about it comes from.

    ``undecided`` stands under all of ``brakes``, those open on the day, with the probabilities
    that ``overlay`` made of the scores. ``scored`` are the model's inputs and scores as they were
    read, a row an account. ``response`` is how balance and default answer to the limit in it.
    """

    undecided: Undecided
    scored: pd.DataFrame
    policy_file: DatedFile
    overlay: OverlayInForce
    brakes: tuple[Brake, ...]
    response: LimitResponseRow


def read_day(
    platform: Platform,
    loaded: "LoadedVersion",
    as_of: date,
    scored: pd.DataFrame | None = None,
    *,
    response: LimitResponse | None,
) -> UndecidedDay:
    """The open accounts of a day by the scores of a model. Nothing is written.

    Args:
        platform: where the lake, the policies and the ledger are.
        loaded: the version whose scores are decided by.
        as_of: the day; nothing that became known later is read.
        scored: the accounts with features and score, where they are in hand already.
        response: the limit response that the version decides with; without one the limit policy's
            own assumptions stand.

    Raises:
        DataMissing: the features of the day were not computed, the lake lacks accounts or
            customers, or the overlay asks for macro figures that it does not have.
        ModelError: the version does not say its label window.
        PolicyError: the limit policy, the overlay or the rule book of the day cannot be used.
    """
    file = load_dated(platform.policies("limits"), as_of)
    policy, rulebook = file.parsed(parse_limit_policy), rule_book_at(platform, as_of)
    if scored is None:
        scored = portfolio_scored(platform, loaded, as_of)
        _log.info("portfolio_scored", accounts=len(scored), model_version=loaded.version)
    overlay, brakes = overlay_at(platform, as_of), open_brakes(platform, as_of)
    undecided = Undecided(
        portfolio=overlay.applied(read_portfolio(platform.lake, as_of, scored, SCORE)),
        policy=policy.answering_as(response),
        brakes=in_force(brakes),
        rulebook=rulebook,
        label_window_months=label_window_months(loaded),
    )
    answer = LimitResponseRow.of(policy.economics, response)
    return UndecidedDay(undecided, scored, file, overlay, brakes, answer)
