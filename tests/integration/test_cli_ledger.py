"""``tidegate ledger`` on a real control database, intact and altered."""

import json
import sqlite3
from contextlib import closing

import pytest
from typer.testing import CliRunner

from credit_limits.domain.errors import DataMissing, LedgerBroken, SettingsError
from credit_limits.ledger.entry import EntryKind
from tidegate.cli import app


@pytest.fixture
def run(settings, monkeypatch):
    """Run a command on the test's own platform; exit code, standard output, standard error."""
    monkeypatch.setenv("TIDEGATE_VAR_DIR", str(settings.var_dir))
    monkeypatch.setenv("TIDEGATE_POLICIES_DIR", str(settings.policies_dir))

    def invoke(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(words))
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout, result.stderr

    return invoke


@pytest.fixture
def entries(platform):
    return [
        platform.ledger.append(
            kind, "tester", {"batch_id": f"b{number}", "rows": 100}, key=str(number)
        )
        for number, kind in enumerate(
            [EntryKind.BATCH_ACCEPTED, EntryKind.MODEL_TRAINED, EntryKind.LIMITS_ADJUSTED], start=1
        )
    ]


def alter(settings, sequence: int, column: str) -> None:
    """Change one byte of one field of one entry, behind the ledger's back."""
    with closing(sqlite3.connect(settings.var_dir / "control.db")) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f"DROP TRIGGER {trigger}")
        (text,) = database.execute(
            f"SELECT {column} FROM ledger_entries WHERE sequence = ?", [sequence]
        ).fetchone()
        changed = text.replace("0", "1", 1) if "0" in text else text[:-1] + "~"
        assert sum(a != b for a, b in zip(text, changed, strict=True)) == 1
        database.execute(
            f"UPDATE ledger_entries SET {column} = ? WHERE sequence = ?", [changed, sequence]
        )


def test_an_untouched_ledger_is_intact(run, entries):
    assert run("ledger", "verify") == (0, "intact: 3 entries\n", "")
    code, out, _ = run("ledger", "verify", "--json")
    assert code == 0
    assert json.loads(out) == {"intact": True, "entries": 3, "head": entries[-1].digest}


def test_an_empty_ledger_is_intact_and_says_how_to_begin(run):
    assert run("ledger", "verify")[:2] == (0, "intact: 0 entries\n")
    assert "tidegate ingest" in run("ledger", "show")[1]
    assert json.loads(run("ledger", "verify", "--json")[1])["head"] is None


@pytest.mark.parametrize("column", ["payload", "key", "actor", "time", "payload_digest"])
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_an_altered_byte_is_found_and_its_entry_named(run, entries, settings, column, as_json):
    alter(settings, 2, column)
    code, out, err = run("ledger", "verify", *as_json)
    assert code == LedgerBroken.exit_code == 14
    assert out == ""
    assert "ledger entry 2 (model_trained" in err
    assert len(entries) == 3


def test_a_removed_entry_is_found(run, entries, settings):
    with closing(sqlite3.connect(settings.var_dir / "control.db")) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("DELETE FROM ledger_entries WHERE sequence = 1")
    code, _, err = run("ledger", "verify")
    assert code == LedgerBroken.exit_code
    assert "entry 1 is missing" in err
    assert len(entries) == 3


def test_entries_are_listed_newest_last(run, entries):
    code, out, _ = run("ledger", "show", "--last", "2")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split()[:2] == ["entry", "time,"]
    assert [line.split()[0] for line in lines[1:]] == ["2", "3"]
    assert entries[2].digest[:16] in lines[2]


def test_entries_of_a_kind(run, entries):
    shown = json.loads(run("ledger", "show", "--kind", "model_trained", "--json")[1])
    assert [entry["sequence"] for entry in shown["entries"]] == [2]
    assert shown["entries"][0]["digest"] == entries[1].digest


def test_one_entry_shows_its_payload(run, entries):
    code, out, _ = run("ledger", "show", "3")
    assert code == 0
    assert json.loads(out[out.index("{") :]) == dict(entries[2].payload)


def test_an_entry_that_is_not_there(run, entries):
    code, out, err = run("ledger", "show", "9")
    assert (code, out) == (DataMissing.exit_code, "")
    assert "no entry 9" in err
    assert len(entries) == 3


def test_an_unusable_setting_is_one_message(run, monkeypatch):
    monkeypatch.setenv("TIDEGATE_PREFECT_PORT", "eighty")
    code, out, err = run("ledger", "verify")
    assert (code, out) == (SettingsError.exit_code, "")
    assert "TIDEGATE_PREFECT_PORT" in err
    assert "Traceback" not in err
