"""In words what a limit was taken to do to balance and default, and by what that is known."""

from dataclasses import dataclass

from credit_limits.explanation.sentences import Language

_RAISED = 1.1

RESPONSE_SENTENCES: dict[str, tuple[str, str]] = {
    "response": (
        "A limit higher by 10 % was taken to raise the balance by {balance:.1%} and the odds of "
        "default by {odds:.1%}: {source}.",
        "假定额度提高10%时，余额增加{balance:.1%}，违约几率增加{odds:.1%}（{source}）。",
    ),
    "registered": (
        "by limit response version {version}, from limits drawn at random",
        "依据额度反应模型版本{version}，由随机分配的额度估计",
    ),
    "balance_registered": (
        "the balance by limit response version {version}, from limits drawn at random, the odds as "
        "the policy assumes",
        "余额依据额度反应模型版本{version}，由随机分配的额度估计；违约几率依据政策假定",
    ),
    "policy": ("as the policy assumes", "依据政策假定"),
}
"""English and Chinese of what is told of the response to a limit."""


@dataclass(frozen=True, slots=True)
class ResponseTold:
    """How balance and default were taken to answer to the limit, log per log and log odds per log.

    ``version`` is of the registered limit response, empty where the policy's own assumptions
    decided; ``default_registered`` says whether the response of default is its as well.
    """

    version: str
    balance_elasticity: float
    default_log_odds_per_log_limit: float
    default_registered: bool

    @property
    def source(self) -> str:
        """Which of :data:`RESPONSE_SENTENCES` says by what it is known."""
        if not self.version:
            return "policy"
        return "registered" if self.default_registered else "balance_registered"


def response_lines(told: ResponseTold | None, language: Language) -> tuple[str, ...]:
    """What a limit higher by a tenth was taken to do, in one line; nothing where not recorded.

    An elasticity of 0.27 raises the balance by 1.1^0.27 - 1 = 2.6 %.
    """
    if told is None:
        return ()
    place = tuple(Language).index(language)
    return (
        RESPONSE_SENTENCES["response"][place].format(
            balance=_RAISED**told.balance_elasticity - 1,
            odds=_RAISED**told.default_log_odds_per_log_limit - 1,
            source=RESPONSE_SENTENCES[told.source][place].format(version=told.version),
        ),
    )
