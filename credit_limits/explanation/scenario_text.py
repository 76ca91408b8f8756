"""Sub-limits of a pay-later line in words: how much of the limit may go where."""

from collections.abc import Sequence

from credit_limits.domain.account import Scenario
from credit_limits.domain.money import format_yuan
from credit_limits.explanation.names import SCENARIO_NAMES
from credit_limits.explanation.sentences import Language

SUB_LIMIT_SENTENCES: dict[str, tuple[str, str]] = {
    "bounded": (
        "Of the limit may be owed for: {uses}; for anything else, all of it.",
        "额度内各用途上限：{uses}；其他用途可使用全部额度。",
    ),
    "use": ("{name} {amount} yuan", "{name}{amount}元"),
    "frozen": (
        "While the account is frozen, nothing of the limit may be used for any purpose.",
        "账户冻结期间，任何用途均不可使用额度。",
    ),
}
"""English and Chinese of what is told of sub-limits."""


def sub_limit_lines(
    limits: Sequence[tuple[Scenario, int]], to_minor: int, *, frozen: bool, language: Language
) -> tuple[str, ...]:
    """What may go where, in one line; nothing where every use may take the whole limit.

    Args:
        limits: the sub-limit of each scenario, in minor units; none for a cash loan.
        to_minor: the limit that was decided.
        frozen: whether the account is frozen from now on.
        language: of the line.
    """
    place = tuple(Language).index(language)
    if limits and frozen:
        return (SUB_LIMIT_SENTENCES["frozen"][place],)
    bounded = [
        SUB_LIMIT_SENTENCES["use"][place].format(
            name=SCENARIO_NAMES[scenario][place], amount=format_yuan(amount)
        )
        for scenario, amount in limits
        if amount < to_minor
    ]
    if not bounded:
        return ()
    uses = ("、" if language is Language.CHINESE else ", ").join(bounded)
    return (SUB_LIMIT_SENTENCES["bounded"][place].format(uses=uses),)
