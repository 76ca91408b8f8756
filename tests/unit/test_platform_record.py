"""How an operation notes what it did: one entry a key, by whom the settings name."""

from pathlib import Path

from pydantic import BaseModel

from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.settings import Settings
from tidegate.operations.platform import open_platform


class Told(BaseModel):
    """What an entry is to hold."""

    rows: int


def test_a_value_is_recorded_once_a_key_and_says_who(tmp_path: Path):
    platform = open_platform(Settings(var_dir=tmp_path / "var", actor="Li"))
    first = platform.record(EntryKind.NOTICE_SENT, Told(rows=3), key="a" * 64)
    again = platform.record(EntryKind.NOTICE_SENT, Told(rows=3), key="a" * 64)
    other = platform.record(EntryKind.NOTICE_SENT, Told(rows=3), key="b" * 64)
    assert (first.actor, first.payload) == ("Li", {"rows": 3})
    assert (again.sequence, other.sequence) == (first.sequence, first.sequence + 1)
    assert platform.ledger.verify() == 2
