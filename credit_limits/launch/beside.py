"""What is told of a version that launches beside the champion: parity, and the swap set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parity:
    """Whether two models decided the same rows: accounts of both, and of one of them alone.

    Of the accounts of both: ``same_state`` were read alike, ``same_score`` scored alike to the
    last bit, ``same_score_and_limit`` given the same limit besides. Where the models are equal,
    all of these are all of the accounts.
    """

    accounts: int
    only_champion: int
    only_launching: int
    same_state: int
    same_score: int
    same_score_and_limit: int


@dataclass(frozen=True, slots=True)
class SwapGroup:
    """The swap set of a group of accounts.

    How many the launching version alone would raise or cut, and how many the champion alone does.
    Differences are launching less champion, minor units, profit and loss a year.
    """

    name: str
    accounts: int
    raised_by_launching: int
    raised_by_champion: int
    cut_by_launching: int
    cut_by_champion: int
    limit_minor: int
    expected_profit_minor: float
    expected_loss_minor: float
    exposure_minor: float
