"""Prefect's API, asked without importing Prefect, for what ``tidegate up`` sets up in it."""

import json
import time
import urllib.request
from typing import cast
from urllib.error import HTTPError, URLError

from credit_limits.domain.errors import ServerError

Body = dict[str, object]

# The server itself waits a minute for its SQLite file before it answers that it is locked.
_TIMEOUT_SECONDS = 90.0
_PAGE = 200
# The server answers 503 while its SQLite file is locked; what was asked has not happened then.
_PASSING_STATUS = 503
_ATTEMPTS = 5
_PAUSE_SECONDS = 1.0


def ask(api_url: str, method: str, path: str, body: object = None, *, what: str) -> object:
    """The answer, ``None`` where there is none.

    Raises :class:`ServerError` that names ``what`` the server does not take, with its reason.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            return _answer(api_url, method, path, body)
        except HTTPError as error:
            if error.code != _PASSING_STATUS or not left:
                reason = error.read().decode(errors="replace")[:2000]
                raise ServerError(
                    f"the Prefect server does not take {what} (status {error.code}): {reason}"
                ) from error
        except (URLError, TimeoutError) as error:
            raise ServerError(f"the Prefect server at {api_url} is silent: {error}") from error
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last attempt returns or raises")


def all_of(api_url: str, kind: str, **filters: object) -> list[Body]:
    """Everything of a kind that the server has, page by page."""
    found: list[Body] = []
    while True:
        body: Body = {**filters, "limit": _PAGE, "offset": len(found)}
        page = cast("list[Body]", ask(api_url, "POST", f"{kind}/filter", body, what=kind))
        found += page
        if len(page) < _PAGE:
            return found


def _answer(api_url: str, method: str, path: str, body: object) -> object:
    request = urllib.request.Request(
        f"{api_url}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
        method=method,
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
        answer = response.read()
    return json.loads(answer) if answer else None
