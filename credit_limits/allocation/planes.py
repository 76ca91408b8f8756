"""Planes below a convex function, and their lowest point within a box, by HiGHS."""

import numpy as np

from credit_limits.allocation.highs import quiet_model
from credit_limits.allocation.problem import Floats


class LowerPlanes:
    """Planes theta >= value + slope . (x - at) over ``dimensions`` variables x.

    With ``on_simplex`` the variables sum to 1.
    """

    def __init__(self, dimensions: int, *, on_simplex: bool = False) -> None:
        import highspy

        self._infinity = highspy.kHighsInf
        self._columns = np.arange(dimensions + 1, dtype=np.int32)
        self._model = quiet_model(
            {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
        )
        for column in self._columns.tolist():
            self._model.addVar(-self._infinity, self._infinity)
            self._model.changeColCost(column, float(column == dimensions))
        self._other_rows = int(on_simplex)
        if on_simplex:
            ones = np.ones(dimensions)
            self._model.addRow(1.0, 1.0, dimensions, self._columns[:-1], ones)

    def add(self, at: Floats, value: float, slope: Floats) -> None:
        """Add the plane through ``value`` at ``at``."""
        coefficients = np.append(-slope, 1.0)
        height = value - float(slope @ at)
        self._model.addRow(height, self._infinity, len(self._columns), self._columns, coefficients)

    def lowest(self, lower: Floats, upper: Floats) -> tuple[Floats, float]:
        """The point of the box where the highest plane is lowest, and its height there."""
        for column, (low, high) in enumerate(zip(lower, upper, strict=True)):
            self._model.changeColBounds(column, float(low), float(high))
        self._model.run()
        solution = np.array(self._model.getSolution().col_value)
        return np.clip(solution[:-1], lower, upper), float(solution[-1])

    def weights(self) -> Floats:
        """How much each plane carries the last lowest point: at least 0 each, in all 1."""
        duals = np.maximum(np.array(self._model.getSolution().row_dual)[self._other_rows :], 0.0)
        return np.asarray(duals / duals.sum())
