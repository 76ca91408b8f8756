"""What a limit itself does to the balance and to default, as a registered model states it.

The registered file keeps the estimates as they came out, intervals and all; what decides is this
value, held within what a limit policy could have stated in its place.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from credit_limits.domain.digest import digest_bytes
from credit_limits.domain.errors import ModelError

LIMIT_RESPONSE = "limit_response"
"""Its name in the model registry."""

RESPONSE_FILE = "limit_response.json"
"""The file of a registered version that holds the estimates; its bytes are what is certified."""

RESPONSE_TAG = "limit_response_version"
"""Tag of a default_risk version: the response trained with it, empty where there is none."""

BALANCE_KEY = "balance_log_per_log_limit"
DEFAULT_KEY = "default_log_odds_per_log_limit"

BALANCE_CEILING = 1.0
DEFAULT_CEILING = 5.0


@dataclass(frozen=True, slots=True)
class LimitResponse:
    """The response that decisions use.

    ``version`` of the registered model and ``digest``, SHA-256 of its :data:`RESPONSE_FILE`.
    ``balance_elasticity``: rise of the log of the expected balance per log of the limit, 0 to 1.
    ``default_log_odds_per_log_limit``: rise of the log odds of default per log of the limit, 0 to
    5; None where too few have defaulted to tell, and the policy's own assumption stands.
    ``ValueError`` for anything else.

    At an elasticity of 0.27 a limit raised by half (log 1.5 = 0.405) raises the expected balance
    by exp(0.27 x 0.405) - 1 = 11.6 %.
    """

    version: str
    digest: str
    balance_elasticity: float
    default_log_odds_per_log_limit: float | None

    def __post_init__(self) -> None:
        if not self.version or not self.digest:
            raise ValueError("a limit response needs its version and its digest")
        if not 0.0 <= self.balance_elasticity <= BALANCE_CEILING:
            raise ValueError(f"balance_elasticity is {self.balance_elasticity}, not in 0 to 1")
        default = self.default_log_odds_per_log_limit
        if default is not None and not 0.0 <= default <= DEFAULT_CEILING:
            raise ValueError(f"default_log_odds_per_log_limit is {default}, not in 0 to 5")


def read_limit_response(content: bytes, version: str) -> LimitResponse:
    """The response in a registered :data:`RESPONSE_FILE`, each figure clipped to its range.

    The file is a JSON object; read here are ``balance_log_per_log_limit``, an object with the
    numbers ``value``, ``low`` and ``high``, and ``default_log_odds_per_log_limit``, the same or
    null. An estimate of 1.08 counts as 1, one of -0.02 as 0: what is used is never beyond what a
    limit policy may state.

    Raises:
        ModelError: the content is no such object, or an estimate is not a finite number.
    """
    try:
        stated = json.loads(content)
        balance, default = _estimate(stated[BALANCE_KEY]), stated[DEFAULT_KEY]
        return LimitResponse(
            version=version,
            digest=digest_bytes(content),
            balance_elasticity=_clipped(balance, BALANCE_CEILING),
            default_log_odds_per_log_limit=None
            if default is None
            else _clipped(_estimate(default), DEFAULT_CEILING),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{RESPONSE_FILE} of {LIMIT_RESPONSE} version {version} cannot be read ({error!r}); "
            "train again and promote"
        ) from error


def _estimate(stated: Mapping[str, object]) -> float:
    value = stated["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"an estimate of {value!r}")
    return float(value)


def _clipped(value: float, ceiling: float) -> float:
    return min(max(value, 0.0), ceiling)
