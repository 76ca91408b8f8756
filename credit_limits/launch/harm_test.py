"""Has the canary done harm? A test that may be looked at after every cycle.

The rate of bad ends among canary accounts is held against that among the others by a product of
e-values for two streams of yes and no (Turner, Ly and Gruenwald, Generic E-variables for exact
sequential k-sample tests that allow for optional stopping, 2024, theorem 1). For a block of ``m``
canary and ``n`` control accounts and two rates ``a`` above ``b``,

    e = product over canary of p_a(y) / p_0(y)  x  product over control of p_b(y) / p_0(y),

with ``p_0`` the rate ``(m a + n b) / (m + n)``. Where both streams have one and the same rate,
whatever it is, its expectation is at most 1: by the inequality of the means it is at most
``((m E[p_a/p_0] + n E[p_b/p_0]) / (m + n))^(m + n)``, and the sum inside is ``m + n``. So is that
of a product over blocks, and of a mixture over pairs of rates. By Ville's inequality the chance
that it *ever* reaches ``1 / level`` is at most ``level``: nobody has to say beforehand how often
he looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

_CONTROL_ODDS = np.geomspace(0.002, 1.0, 14)
_STEPS_OF_HARM = 4


@dataclass(frozen=True, slots=True)
class Block:
    """Accounts seen between two looks: how many of each side, and how many ended badly.

    Each is an account that had not ended badly before, so that a block says something new.
    """

    canary: int
    canary_bad: int
    control: int
    control_bad: int

    def __post_init__(self) -> None:
        if not (0 <= self.canary_bad <= self.canary and 0 <= self.control_bad <= self.control):
            raise ValueError(f"more accounts ended badly than there are: {self}")


@dataclass(frozen=True, slots=True)
class HarmFound:
    """``evidence`` is the e-value so far: harm is found from ``1 / level`` on."""

    evidence: float
    level: float

    @property
    def harmed(self) -> bool:
        """Whether it has reached one over the level."""
        return self.evidence >= 1.0 / self.level


def harm_evidence(blocks: Sequence[Block], odds_ratio: float) -> NDArray[np.float64]:
    """The e-value after each block, for canary odds ``odds_ratio`` times the control's or more.

    The mixture is even over fourteen odds of the control, 0.002 to 1, and four ratios: the given
    one, its square, third and fourth power.

    Worked, for one pair of rates: 2 canary accounts, both bad, and 2 control accounts, both good,
    at the rates 0.6 and 0.2: ``p_0 = 0.4``, so ``(0.6/0.4)^2 x (0.8/0.6)^2 = 4``.

    Returns:
        One number a block, each at least 0.

    >>> harm_evidence([Block(300, 27, 2700, 135), Block(270, 24, 2500, 120)], 1.25).round(1)
    array([ 14.3, 306.3])
    """
    ratios = odds_ratio ** np.arange(1, _STEPS_OF_HARM + 1)
    control = np.repeat(_CONTROL_ODDS, len(ratios))
    canary = np.tile(ratios, len(_CONTROL_ODDS)) * control
    logs = np.zeros((len(blocks), len(control)))
    for place, block in enumerate(blocks):
        logs[place] = log_e_value(block, canary / (1.0 + canary), control / (1.0 + control))
    found: NDArray[np.float64] = np.exp(
        special.logsumexp(np.cumsum(logs, axis=0), axis=1) - np.log(len(control))
    )
    return found


def log_e_value(
    block: Block, canary_rate: NDArray[np.float64], control_rate: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The logarithm of a block's e-value for each pair of rates, each between 0 and 1.

    >>> rates = np.array([0.6]), np.array([0.2])
    >>> float(np.exp(log_e_value(Block(2, 2, 2, 0), *rates))[0].round(9))
    4.0
    """
    seen = block.canary + block.control
    if not seen:
        return np.zeros_like(canary_rate)
    together = (block.canary * canary_rate + block.control * control_rate) / seen
    bad = block.canary_bad * np.log(canary_rate / together)
    bad = bad + block.control_bad * np.log(control_rate / together)
    good = (block.canary - block.canary_bad) * np.log((1 - canary_rate) / (1 - together))
    good = good + (block.control - block.control_bad) * np.log((1 - control_rate) / (1 - together))
    summed: NDArray[np.float64] = bad + good
    return summed


def judge_harm(streams: Sequence[Sequence[Block]], odds_ratio: float, level: float) -> HarmFound:
    """Hold several streams of outcomes, such as first misses and defaults, against one level.

    The evidence is the mean of the streams' own, which is an e-value whatever they have in common;
    a stream without blocks counts 1.
    """
    last = [harm_evidence(stream, odds_ratio)[-1] if stream else 1.0 for stream in streams]
    return HarmFound(float(np.mean(last)) if last else 1.0, level)
