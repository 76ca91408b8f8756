"""Signatures: what is signed, by which key, and how the core asks whether a signature holds.

The core does no cryptography. It says which bytes are signed, and asks a verifier that is handed
in. Ed25519 (RFC 8032) gives the same signature for the same bytes and key, so signing twice
changes nothing.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from credit_limits.domain.digest import canonical_json, digest_bytes

Verifier = Callable[[str, str, bytes], bool]
"""Of a public key, a signature and the signed bytes: whether the signature is that key's."""

_KEY_DIGITS, _SIGNATURE_DIGITS, _ID_DIGITS = 64, 128, 16


@dataclass(frozen=True, slots=True)
class Signature:
    """An Ed25519 signature and the key behind it.

    ``key_id`` is that of :func:`key_id_of`, ``value`` the 64 bytes as 128 hexadecimal digits.
    ``ValueError`` where either has another form.
    """

    key_id: str
    value: str

    def __post_init__(self) -> None:
        if not _hexadecimal(self.key_id, _ID_DIGITS):
            raise ValueError(f"{self.key_id!r} names no key")
        if not _hexadecimal(self.value, _SIGNATURE_DIGITS):
            raise ValueError("a signature has 128 hexadecimal digits")

    def as_plain(self) -> dict[str, str]:
        """The signature as JSON-able values."""
        return {"key_id": self.key_id, "value": self.value}


def read_signature(plain: object) -> Signature:
    """The signature that :meth:`Signature.as_plain` wrote; ``ValueError`` where it is none."""
    if not isinstance(plain, Mapping) or set(plain) != {"key_id", "value"}:
        raise ValueError("there is no signature")
    return Signature(str(plain["key_id"]), str(plain["value"]))


def key_id_of(public_key: str) -> str:
    """Short name of a public key: the first 16 hexadecimal digits of its SHA-256.

    >>> key_id_of("00" * 32)
    '66687aadf862bd77'

    Raises:
        ValueError: the key is not 32 bytes as 64 hexadecimal digits.
    """
    if not _hexadecimal(public_key, _KEY_DIGITS):
        raise ValueError("a public key has 64 hexadecimal digits")
    return digest_bytes(bytes.fromhex(public_key))[:_ID_DIGITS]


def statement(purpose: str, content: Mapping[str, object]) -> bytes:
    """The bytes to sign: the content in canonical form, with what the signature is for.

    The purpose is signed too, so that a signature given for one thing says nothing of another.

    >>> statement("approve", {"version": "4"})
    b'{"content":{"version":"4"},"purpose":"approve"}'
    """
    return canonical_json({"purpose": purpose, "content": dict(content)})


def _hexadecimal(text: str, digits: int) -> bool:
    return len(text) == digits and all(letter in string.hexdigits[:16] for letter in text)
