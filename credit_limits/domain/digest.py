"""Digests: one canonical form of a value, one hash of it.

Everything that must be provably the same later (evidence, certificates, decisions, ledger
entries) is reduced to bytes here and nowhere else.
"""

import hashlib
import json
from datetime import date, datetime
from enum import Enum


def canonical_json(value: object) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces, UTF-8, dates as ISO 8601.

    Numbers that are not finite have no JSON form and raise ``ValueError``.

    >>> canonical_json({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_plain,
    ).encode()


def digest_of(value: object) -> str:
    """SHA-256 of the canonical JSON of ``value``, 64 hexadecimal digits.

    >>> digest_of({"a": 1})[:8]
    '015abd7f'
    """
    return digest_bytes(canonical_json(value))


def digest_bytes(data: bytes) -> str:
    """SHA-256 of ``data``, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")
