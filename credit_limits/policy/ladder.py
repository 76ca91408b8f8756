"""The steps in which a limit may move: ratios to today's limit, rounded to round amounts."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from credit_limits.policy.parameters import Section

Minor: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rounding:
    """From ``from_minor`` on, amounts are multiples of ``step_minor``."""

    from_minor: int
    step_minor: int


@dataclass(frozen=True, slots=True)
class CandidateLadder:
    """The ratios of a candidate limit to today's, ascending, and how amounts are rounded.

    ``ratios_permille`` holds 1000 (no change). Raises ``ValueError`` where rounding an amount
    could carry it from one band of rounding into another's multiples.
    """

    ratios_permille: tuple[int, ...]
    roundings: tuple[Rounding, ...]

    def __post_init__(self) -> None:
        if list(self.ratios_permille) != sorted(set(self.ratios_permille)):
            raise ValueError("ratios must ascend")
        if 1000 not in self.ratios_permille or self.ratios_permille[0] <= 0:
            raise ValueError("ratios must be positive and hold 1, no change")
        if not self.roundings or self.roundings[0].from_minor != 0:
            raise ValueError("the first rounding must start at 0")
        self._check_roundings()

    @property
    def hold_index(self) -> int:
        """Place of the ratio 1 in the ladder."""
        return self.ratios_permille.index(1000)

    def round_down(self, amount_minor: Minor) -> Minor:
        """The largest round amount that is no greater; amounts are never negative.

        >>> ladder = CandidateLadder((1000,), (Rounding(0, 5_000), Rounding(100_000, 10_000)))
        >>> ladder.round_down(np.array([4_999, 99_000, 119_999]))
        array([     0,  95000, 110000])
        """
        step = self._step(amount_minor)
        return np.asarray(amount_minor // step * step, dtype=np.int64)

    def round_up(self, amount_minor: Minor) -> Minor:
        """The smallest round amount that is no less."""
        step = self._step(amount_minor)
        return np.asarray(-(-amount_minor // step) * step, dtype=np.int64)

    def scaled_down(self, limit_minor: Minor, ratio_permille: int) -> Minor:
        """``limit x ratio``, rounded down.

        3,300 yuan x 1.15 is 3,795 yuan: 3,700 where the step is 100 yuan.
        """
        return self.round_down(np.asarray(limit_minor * ratio_permille // 1000, dtype=np.int64))

    def _step(self, amount_minor: Minor) -> Minor:
        starts = np.array([rounding.from_minor for rounding in self.roundings], dtype=np.int64)
        steps = np.array([rounding.step_minor for rounding in self.roundings], dtype=np.int64)
        return np.asarray(steps[np.searchsorted(starts, amount_minor, side="right") - 1])

    def _check_roundings(self) -> None:
        if any(rounding.step_minor <= 0 for rounding in self.roundings):
            raise ValueError("a rounding step must be positive")
        for before, after in zip(self.roundings, self.roundings[1:], strict=False):
            if after.from_minor <= before.from_minor:
                raise ValueError("roundings must start at ascending amounts")
            if after.from_minor % after.step_minor or after.from_minor % before.step_minor:
                raise ValueError(
                    f"{after.from_minor} must be a multiple of the steps below and above it"
                )


def parse_ladder(section: Section) -> CandidateLadder:
    """The ladder of the section ``ladder``."""
    with section.building():
        ratios = [row.number("ratio", 0.001, 100.0) for row in section.rows("ratios", "ratio")]
        roundings = section.rows("roundings", "yuan")
        return CandidateLadder(
            tuple(round(ratio * 1000) for ratio in ratios),
            tuple(Rounding(row.money_minor("from"), row.money_minor("step")) for row in roundings),
        )
