"""Random numbers: one stream for each concern and month, all from one seed.

A table that draws more numbers, or a new table, leaves the draws of every other table as they
were, and a month can be made without the months after it.
"""

from enum import IntEnum

import numpy as np


class Concern(IntEnum):
    """What a stream is for. The numbers are part of the seed: never reuse or renumber them."""

    CIRCLES = 1
    CUSTOMERS = 2
    ACCOUNTS = 3
    MACRO = 4
    DISTRESS = 5
    DELINQUENCY = 6
    SPENDING = 7
    PAST_POLICY = 8
    INCOME = 9
    TRANSACTIONS = 10
    ACTIVITY = 11
    LINKS = 12
    BUREAU = 13
    CORRECTIONS = 14
    PROTECTED = 15
    PAYMENTS = 16
    CHURN = 17
    BEGINNING = 18
    TASTES = 19
    HABITS = 20
    BUREAU_FILES = 21
    FRAUD = 22
    LOST_INCOME = 23


class Streams:
    """The streams of one world."""

    __slots__ = ("_seed",)

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, concern: Concern, month: int = 0) -> np.random.Generator:
        """The stream of a concern in a month; months before the first are negative.

        Asking twice gives two generators that draw the same numbers.
        """
        key = (int(concern), month + 1000)
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(self._seed, spawn_key=key))
        )
