"""The platform's own key: made on first use, known to the ledger, and never outside its folder.

Beside it lies the public key that the ledger began with, so that a ledger which was written anew,
from its first entry, with another key, is found out.
"""

from contextlib import suppress
from pathlib import Path

from credit_limits.domain.errors import NoCertifiedChampion, SettingsError
from credit_limits.ledger.entry import EntryKind
from credit_limits.ledger.keys import KeyRing, key_ring
from tidegate.adapters.signing import Signer, make_key, read_key, verifies
from tidegate.operations.platform import Platform

_KINDS = (EntryKind.KEY_ADDED, EntryKind.KEY_REVOKED)
_ROOT = "root.pub"


def key_file(platform: Platform) -> Path:
    """Where the private key lies."""
    return platform.settings.keys_dir / "platform.pem"


def platform_signer(platform: Platform) -> Signer:
    """The key that signs now; the first call of an installation makes it.

    Raises:
        SettingsError: the ledger does not know the key, or it was revoked, or its file cannot be
            used.
    """
    path = key_file(platform)
    if platform.ledger.latest(EntryKind.KEY_ADDED) is None:
        _begin(platform, path)
    if not path.exists():
        raise SettingsError(
            f"the ledger knows the platform's key, and {path} is not there: restore it from a "
            "backup, or copy the folder keys of the machine that signs"
        )
    signer = read_key(path)
    _pin(platform)
    key = known_keys(platform).find(signer.key_id)
    if key is None:
        raise SettingsError(
            f"the ledger does not know the key {signer.key_id} in {path}: it was begun with "
            "another. Restore the folder keys of the installation that began it"
        )
    if key.revoked_at is not None:
        raise SettingsError(
            f"the key {signer.key_id} was revoked by ledger entry {key.revoked_at}; make another: "
            "tidegate key rotate"
        )
    return signer


def known_keys(platform: Platform) -> KeyRing:
    """Every key that counts or counted, by the ledger.

    Raises:
        NoCertifiedChampion: the ledger begins with another key than this installation's did.
    """
    entries = [entry for kind in _KINDS for entry in platform.ledger.entries(kind)]
    ring = key_ring(sorted(entries, key=lambda entry: entry.sequence), verifies)
    pinned = _pinned(platform)
    if pinned and ring.root and ring.root.public_key != pinned:
        raise NoCertifiedChampion(
            f"the ledger begins with the key {ring.root.key_id}, and not with the one that this "
            f"installation began with: it was written anew. Restore the control database from a "
            f"backup; the public key it began with stands in {platform.settings.keys_dir / _ROOT}"
        )
    return ring


def _begin(platform: Platform, path: Path) -> None:
    """The first key of a ledger, made unless a run that was killed has made it."""
    if _pinned(platform):
        raise SettingsError(
            "the ledger has no key, and this installation began another ledger: set "
            "TIDEGATE_CONTROL_DB_URL to that one, or restore it from a backup. To begin anew, "
            f"with no champion, remove {platform.settings.keys_dir}"
        )
    if not path.exists():
        with suppress(FileExistsError):  # another process makes it at this moment
            make_key(path)
    signer = read_key(path)
    platform.ledger.append(
        EntryKind.KEY_ADDED,
        platform.settings.actor,
        {"key_id": signer.key_id, "public_key": signer.public_key, "endorsement": None},
        key=signer.key_id,
    )


def _pin(platform: Platform) -> None:
    """Keep the public key that the ledger began with, from the first signature on."""
    root = known_keys(platform).root
    if root is not None and _pinned(platform) is None:
        platform.settings.keys_dir.joinpath(_ROOT).write_text(f"{root.public_key}\n")


def _pinned(platform: Platform) -> str | None:
    path = platform.settings.keys_dir / _ROOT
    return path.read_text().strip() if path.exists() else None
