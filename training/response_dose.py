"""One outcome against the dose of a limit: as a line, and step by step without a form."""

from dataclasses import dataclass

import numpy as np

from credit_limits.gates.measured import Interval
from training.response_fit import Family, Fitted, fit
from training.response_rows import ResponseRows, step_of
from training.rows import Flags, Floats, Indices

_LEAST_USE = 1e-4


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """What an outcome does over the dose.

    ``slope`` per log of the limit. ``effects``: of each step over no change, where the line is at
    0. ``falls``: for each step but the last, whether the next lies below it beyond its interval.
    """

    slope: Interval
    effects: tuple[Interval, ...]
    falls: Flags


@dataclass(frozen=True, slots=True)
class Design:
    """Rows, what was known before their draw, and the step of each dose.

    ``controls`` float64 ``[rows, controls]``, centred; ``kept``: numbers of the steps with rows
    enough, lowest first.
    """

    rows: ResponseRows
    controls: Floats
    step: Indices
    kept: Indices

    def regress(self, outcome: Floats, family: Family) -> DoseResponse:
        """The response of an outcome; :class:`ModelError` where it cannot be told."""
        dose, count = self.rows.dose, len(self.rows)
        line = self._fit(
            np.column_stack([dose, np.ones(count)]), outcome, family, np.full(count, True)
        )
        slope = line.interval(_unit(0, len(line.coefficients)))
        inside = np.isin(self.step, self.kept)
        arms = (self.step[:, None] == self.kept[None, :]).astype(np.float64)
        stepped = self._fit(arms, outcome, family, inside)
        weight = self.rows.weight[inside]
        share = np.average(arms[inside], axis=0, weights=weight)
        on_line = slope.value * float(np.average(dose[inside], weights=weight))
        return DoseResponse(slope, _centred(stepped, share, on_line), _falls(stepped, len(share)))

    def _fit(self, of_dose: Floats, outcome: Floats, family: Family, inside: Flags) -> Fitted:
        inputs = np.column_stack([of_dose, self.controls])[inside]
        customer = np.unique(self.rows.customer[inside], return_inverse=True)[1].astype(np.intp)
        return fit(inputs, outcome[inside], self.rows.weight[inside], customer, family)


def design_of(rows: ResponseRows, step_width: float, step_rows: int) -> Design:
    """The design of rows whose steps are ``step_width`` wide and hold ``step_rows`` or more."""
    step = step_of(rows.dose, step_width)
    values, counts = np.unique(step, return_counts=True)
    return Design(rows, _controls(rows), step, values[counts >= step_rows])


def _controls(rows: ResponseRows) -> Floats:
    """Use of the limit, the limit itself and the product; columns that say nothing are left out."""
    use, product = rows.use_before, rows.frame["product"].to_numpy()
    columns = [
        use == 0.0,
        np.where(use > 0.0, np.log(np.maximum(use, _LEAST_USE)), 0.0),
        np.log(rows.frame["from_minor"].to_numpy(np.float64)),
        *(product == name for name in sorted(set(product))[1:]),
    ]
    raw = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
    varying = raw[:, np.ptp(raw, axis=0) > 0.0]
    return np.asarray(varying - varying.mean(axis=0))


def _centred(fitted: Fitted, share: Floats, at: float) -> tuple[Interval, ...]:
    """Each step's coefficient less their mean by ``share``, moved so that the mean is ``at``."""
    size = len(fitted.coefficients)
    mean = np.concatenate([share, np.zeros(size - len(share))])
    found = (fitted.interval(_unit(step, size) - mean) for step in range(len(share)))
    return tuple(Interval(one.value + at, one.low + at, one.high + at) for one in found)


def _falls(fitted: Fitted, steps: int) -> Flags:
    size = len(fitted.coefficients)
    rises = (_unit(step + 1, size) - _unit(step, size) for step in range(steps - 1))
    return np.array([fitted.interval(rise).high < 0.0 for rise in rises], dtype=np.bool_)


def _unit(place: int, size: int) -> Floats:
    unit = np.zeros(size)
    unit[place] = 1.0
    return unit
