"""How balance and default were taken to answer to the limit, as decisions record it."""

from pydantic import BaseModel, ConfigDict

from credit_limits.domain.limit_response import LimitResponse
from credit_limits.policy.economic_policy import EconomicPolicy


class LimitResponseRow(BaseModel):
    """What decided of the response, and what the limit policy states beside it.

    ``version`` and ``digest`` are those of the registered limit response, empty where there was
    none and the policy's own assumptions decided; ``default_registered`` says whether the response
    of default is its as well. Elasticities are log per log, of default log odds per log.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    digest: str
    balance_elasticity: float
    default_log_odds_per_log_limit: float
    default_registered: bool
    policy_balance_elasticity: float
    policy_default_log_odds_per_log_limit: float

    @property
    def words(self) -> str:
        """What was used and by what it is known, beside what the policy assumes."""
        balance = f"balance {self.balance_elasticity:.3g}"
        default = f"default {self.default_log_odds_per_log_limit:.3g}"
        if not self.version:
            return f"limit response as the policy assumes: {balance}, {default}"
        assumed = f"(the policy assumes {self.policy_balance_elasticity:.3g})"
        if not self.default_registered:
            return (
                f"limit response version {self.version}: {balance} {assumed}; {default} as the "
                "policy assumes"
            )
        of_default = f"(the policy assumes {self.policy_default_log_odds_per_log_limit:.3g})"
        return f"limit response version {self.version}: {balance} {assumed}, {default} {of_default}"

    @classmethod
    def of(cls, stated: EconomicPolicy, response: LimitResponse | None) -> "LimitResponseRow":
        """The response that a policy's decisions use; ``stated`` is the policy as it is written."""
        used = stated.answering_as(response)
        return cls(
            version=response.version if response else "",
            digest=response.digest if response else "",
            balance_elasticity=used.balance_elasticity,
            default_log_odds_per_log_limit=used.default_log_odds_per_log_limit,
            default_registered=bool(
                response and response.default_log_odds_per_log_limit is not None
            ),
            policy_balance_elasticity=stated.balance_elasticity,
            policy_default_log_odds_per_log_limit=stated.default_log_odds_per_log_limit,
        )
