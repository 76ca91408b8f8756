"""Frozen dataclasses as plain values that JSON can hold, and back."""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")


def plain_of(value: object) -> Any:  # noqa: ANN401  what JSON can hold has no narrower type
    """A dataclass as a dictionary, tuples as lists, dates in ISO form, enums by their value.

    >>> plain_of((date(2024, 1, 31), None, 0.5))
    ['2024-01-31', None, 0.5]
    """
    if is_dataclass(value):
        return {item.name: plain_of(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [plain_of(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def built(kind: type[T], plain: Mapping[str, Any]) -> T:
    """The dataclass ``kind`` from what :func:`plain_of` made of one.

    Raises ``ValueError`` naming the fields that are absent or strange.
    """
    hints = typing.get_type_hints(kind)
    if strange := sorted(hints.keys() ^ plain.keys()):
        raise ValueError(f"{kind.__name__}: fields absent or unknown: {', '.join(strange)}")
    return kind(**{name: _as(hint, plain[name]) for name, hint in hints.items()})


def _as(hint: Any, plain: Any) -> Any:  # noqa: ANN401
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return tuple(_as(parts[0], item) for item in plain)
    if origin is types.UnionType:
        return None if plain is None else _as(parts[0], plain)
    if is_dataclass(hint) and isinstance(hint, type):
        return built(hint, plain)
    if hint is date:
        return date.fromisoformat(plain)
    return hint(plain)
