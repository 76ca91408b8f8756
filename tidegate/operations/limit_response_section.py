"""The limit response of a cycle, out of ledger entries, in the shape of the cycle's page."""

from tidegate.adapters.cycle_report_model import Interval
from tidegate.adapters.cycle_report_response import (
    AssumedResponse,
    DoseStep,
    LimitResponseTold,
    MeasuredResponse,
    ResponseUsed,
)
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.train_response import FigureInterval, LimitResponseOutcome


def limit_response_told(
    used: LimitResponseRow | None, trained: LimitResponseOutcome | None
) -> LimitResponseTold | None:
    """What a higher limit does; None where nothing of it is known.

    ``used`` is what decided, ``trained`` the response that it names, or the one that was trained
    last, with the reason where there is none.
    """
    if used is None and trained is None:
        return None
    return LimitResponseTold(
        measured=_measured_response(trained) if trained else None,
        absent=(trained.reason if trained else "") or "no limit response is known of this cycle",
        used=ResponseUsed(
            used.version,
            used.balance_elasticity,
            used.default_log_odds_per_log_limit,
            used.default_registered,
        )
        if used
        else None,
        assumed=AssumedResponse(
            used.policy_balance_elasticity, used.policy_default_log_odds_per_log_limit
        )
        if used
        else None,
    )


def _measured_response(trained: LimitResponseOutcome) -> MeasuredResponse | None:
    if not trained.version or trained.balance is None:
        return None
    return MeasuredResponse(
        version=trained.version,
        changes=trained.rows,
        customers=trained.customers,
        defaults=trained.defaults,
        balance=_figure(trained.balance),
        default=_figure(trained.default) if trained.default else None,
        default_absent=trained.default_absent,
        steps=tuple(
            DoseStep(step.log_limit_ratio, step.rows, _figure(step.balance_log))
            for step in trained.steps
        ),
    )


def _figure(figure: FigureInterval) -> Interval:
    return Interval(figure.value, figure.low, figure.high)
