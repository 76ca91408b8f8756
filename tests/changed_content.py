"""A policy's content with one thing changed, to see that it is refused."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any


def changed(content: Mapping[str, Any], path: Sequence[str], to: object) -> dict[str, Any]:
    """A copy in which ``path`` holds ``to``; where that is None, the key is gone."""
    copy: dict[str, Any] = deepcopy(dict(content))
    entry = copy
    for part in path[:-1]:
        entry = entry[part]
    if to is None:
        del entry[path[-1]]
    else:
        entry[path[-1]] = to
    return copy
