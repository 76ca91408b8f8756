"""Functions compiled by numba, for passes over millions of accounts.

Modules that use this are imported when the first pass is made, so that whoever only reads about
limits does not wait for the compiler.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

_Function = TypeVar("_Function", bound=Callable[..., object])
_FUSED = {"contract", "nsz", "arcp"}


def compiled(*, exact: bool) -> Callable[[_Function], _Function]:
    """Compile a function at its first call, and keep what was compiled beside its module.

    With ``exact`` every operation is rounded as written, so that the result is the same on every
    processor; otherwise multiplications and additions may be fused. Compiled code runs without the
    interpreter's lock. Where there is no place to keep it, it is compiled in every process.
    """

    def decorate(function: _Function) -> _Function:
        try:
            return _njit(function, exact=exact, cache=True)
        except RuntimeError:  # no folder that can be written to
            return _njit(function, exact=exact, cache=False)

    return decorate


def _njit(function: _Function, *, exact: bool, cache: bool) -> _Function:
    made = numba.njit(
        function,
        nogil=True,
        error_model="numpy",
        fastmath=set() if exact else _FUSED,
        cache=cache,
    )
    return cast("_Function", made)
