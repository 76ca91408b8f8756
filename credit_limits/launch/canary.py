"""Which accounts a canary holds for: a seeded share, the same from cycle to cycle."""

import hashlib
from collections.abc import Sequence

import numpy as np

from credit_limits.policy.portfolio import Flags

_WHOLE = 2**64


def in_canary(account_ids: Sequence[str], launch: str, share: float) -> Flags:
    """Whether each account is one of the canary's.

    The first eight bytes of SHA-256 of launch and account, as a share of all numbers of that
    size, lie below ``share``: drawn anew for each launch, and a greater share holds all of a
    lesser one.

    Args:
        account_ids: of the portfolio.
        launch: the launch's key.
        share: of the accounts, 0 to 1.
    """
    start = hashlib.sha256(launch.encode())
    bound = int(share * _WHOLE)

    def drawn(account_id: str) -> int:
        state = start.copy()
        state.update(b"/" + account_id.encode())
        return int.from_bytes(state.digest()[:8], "big")

    return np.array([drawn(account_id) < bound for account_id in account_ids], dtype=np.bool_)
