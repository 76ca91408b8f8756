"""Keys and signatures: Ed25519 by ``cryptography``, imported here alone.

A private key is a file in PEM form that its owner alone may read.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from credit_limits.domain.errors import SettingsError
from credit_limits.domain.signature import Signature, key_id_of

_OWNER_ONLY = 0o600


@dataclass(frozen=True)
class Signer:
    """A private key that was read; ``public_key`` is its other half, 64 hexadecimal digits."""

    private_key: Ed25519PrivateKey
    public_key: str

    @property
    def key_id(self) -> str:
        """Short name of the key."""
        return key_id_of(self.public_key)

    def sign(self, signed: bytes) -> Signature:
        """The signature of these bytes."""
        return Signature(self.key_id, self.private_key.sign(signed).hex())


def verifies(public_key: str, signature: str, signed: bytes) -> bool:
    """Whether the signature of these bytes is that key's; never for what is no key at all."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def make_key(path: Path) -> Signer:
    """A new private key in a file that is not there yet, readable by its owner alone.

    Written whole or not at all: of two processes that make the same file, one fails.

    Raises:
        FileExistsError: the file is there.
        SettingsError: it cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(
            os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _OWNER_ONLY), "wb"
        ) as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise SettingsError(
            f"the key file {path} cannot be written ({error.strerror}); name a folder of your own"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return _signer(key)


def read_key(path: Path) -> Signer:
    """The private key in a file.

    Raises:
        SettingsError: there is no such file, others may read it, or it holds no Ed25519 key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"the key file {path} cannot be read ({error.strerror}); make a key of your own: "
            "tidegate key new FILE"
        ) from error
    if mode & 0o077:
        raise SettingsError(
            f"the key file {path} can be read by others (mode {mode:o}), so its signature would "
            f"prove nothing; make it yours alone: chmod 600 {path}"
        )
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{path} holds no private key in PEM form: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path} holds a key that is not Ed25519: tidegate key new FILE")
    return _signer(key)


def _signer(key: Ed25519PrivateKey) -> Signer:
    return Signer(key, key.public_key().public_bytes_raw().hex())
