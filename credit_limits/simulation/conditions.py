"""The parameters in force in a month: those of the world, shifted by its scenario."""

from dataclasses import replace

from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.scenarios import total


def parameters_of_month(p: WorldParameters, month: int) -> WorldParameters:
    """The world's parameters with the repayment of a month; the very same where nothing shifts.

    ``ValueError`` where a shift leads out of a parameter's range.
    """
    since = month - p.shock_month
    named = {shift.parameter for shift in p.course_of_events.repayment}
    sums = {
        name: total(tuple(s for s in p.course_of_events.repayment if s.parameter == name), since)
        for name in sorted(named)
    }
    moved = {name: getattr(p.repayment, name) + by for name, by in sums.items() if by}
    return replace(p, repayment=replace(p.repayment, **moved)) if moved else p
