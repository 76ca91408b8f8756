"""The ledger in a real database: written once, in order, by several at once, and tamper-evident."""

import sqlite3
import threading

import pytest
import sqlalchemy as sa

from credit_limits.domain.errors import LedgerBroken, SettingsError
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.control_db import Ledger, open_control_db
from tidegate.adapters.settings import Settings, load_settings


@pytest.fixture
def ledger(settings, stopped_clock):
    return Ledger(open_control_db(settings.control_db), stopped_clock)


def fill(ledger, count):
    for number in range(count):
        payload = {"number": number, "ratio": 0.1, "名": "额度"}
        ledger.append(EntryKind.DRIFT_WATCHED, "tester", payload, key=f"k{number}")


def database(settings):
    return sqlite3.connect(settings.root / "control.db")


def test_an_entry_comes_back_as_it_was_written(ledger):
    fill(ledger, 3)
    assert ledger.verify() == 3
    entry = ledger.find(EntryKind.DRIFT_WATCHED, "k1")
    assert entry is not None
    assert entry.payload == {"number": 1, "ratio": 0.1, "名": "额度"}
    assert ledger.latest(EntryKind.DRIFT_WATCHED) == ledger.entries()[-1]
    assert ledger.latest(EntryKind.MODEL_PROMOTED) is None
    assert ledger.entries(EntryKind.MODEL_PROMOTED) == []


def test_the_same_event_is_written_once(ledger):
    first = ledger.append(EntryKind.DRIFT_WATCHED, "tester", {"a": 1}, key="k")
    again = ledger.append(EntryKind.DRIFT_WATCHED, "another", {"a": 2}, key="k")
    assert again == first
    other_kind = ledger.append(EntryKind.MODEL_TRAINED, "tester", {"a": 1}, key="k")
    assert other_kind.sequence == 2


def test_a_ledger_opened_again_goes_on_where_it_was(settings, stopped_clock):
    fill(Ledger(open_control_db(settings.control_db), stopped_clock), 2)
    reopened = Ledger(open_control_db(settings.control_db), stopped_clock)
    fill(reopened, 4)
    assert reopened.verify() == 4


def test_writers_at_once_do_not_fork_the_chain(settings, stopped_clock):
    engines = [open_control_db(settings.control_db) for _ in range(3)]

    def write(writer):
        ledger = Ledger(engines[writer], stopped_clock)
        for number in range(5):
            key = f"{writer}-{number}"
            ledger.append(EntryKind.DRIFT_WATCHED, "tester", {"n": number}, key=key)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Ledger(open_control_db(settings.control_db), stopped_clock).verify() == 15


@pytest.mark.parametrize("column", ["time", "kind", "key", "actor", "payload", "payload_digest"])
def test_one_changed_byte_names_its_entry(settings, ledger, column):
    fill(ledger, 4)
    with database(settings) as connection:
        (value,) = connection.execute(
            f"SELECT {column} FROM ledger_entries WHERE sequence = 3"
        ).fetchone()
        for position in range(len(value)):
            altered = value[:position] + chr(ord(value[position]) ^ 8) + value[position + 1 :]
            connection.execute(
                f"UPDATE ledger_entries SET {column} = ? WHERE sequence = 3", (altered,)
            )
            connection.commit()
            with pytest.raises(LedgerBroken, match="entry 3"):
                ledger.verify()


def test_white_space_slipped_into_a_payload_shows(settings, ledger):
    fill(ledger, 2)
    with database(settings) as connection:
        connection.execute("UPDATE ledger_entries SET payload = payload || ' ' WHERE sequence = 1")
    with pytest.raises(LedgerBroken, match=r"entry 1 .*canonical"):
        ledger.verify()


def test_a_deleted_entry_shows(settings, ledger):
    fill(ledger, 3)
    with database(settings) as connection:
        connection.execute("DELETE FROM ledger_entries WHERE sequence = 2")
    with pytest.raises(LedgerBroken, match="entry 2 is missing"):
        ledger.verify()


def test_the_migrations_are_what_the_code_expects(settings, ledger):
    columns = {c["name"] for c in sa.inspect(ledger.engine).get_columns("ledger_entries")}
    fill(ledger, 1)
    with database(settings) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert revision == "0001"
    assert columns >= {"sequence", "payload", "previous_digest", "digest"}


def test_an_address_that_cannot_be_opened_says_what_to_check(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SettingsError, match="TIDEGATE_CONTROL_DB_URL"):
        open_control_db(f"sqlite:///{tmp_path}/file/control.db")
    (tmp_path / "rubbish.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(SettingsError, match="TIDEGATE_CONTROL_DB_URL"):
        open_control_db(f"sqlite:///{tmp_path}/rubbish.db")


def test_settings_name_the_variable_that_is_wrong(monkeypatch):
    monkeypatch.setenv("TIDEGATE_PREFECT_PORT", "many")
    with pytest.raises(SettingsError, match="TIDEGATE_PREFECT_PORT"):
        load_settings()


def test_everything_a_run_writes_lies_under_one_folder(tmp_path):
    settings = Settings(var_dir=tmp_path)
    for folder in ("lake_dir", "protected_dir", "features_dir", "quality_dir", "reports_dir"):
        assert getattr(settings, folder).is_relative_to(tmp_path)
    for folder in ("mlflow_dir", "prefect_dir", "logs_dir"):
        assert getattr(settings, folder).is_relative_to(tmp_path)
    assert str(tmp_path) in settings.control_db
    assert str(tmp_path) in settings.mlflow_uri
