"""Databases come into being whole: a kill while one is made leaves none."""

import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tidegate.adapters.sqlite_file import created_whole


def test_a_file_is_made_once_and_nothing_is_left_beside_it(tmp_path):
    made = []

    def fill(path):
        made.append(path)
        path.write_text("whole")

    target = tmp_path / "new" / "state.db"
    created_whole(target, fill)
    created_whole(target, fill)
    assert len(made) == 1
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_what_fails_half_way_leaves_no_file(tmp_path):
    def fill(path):
        path.write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        created_whole(tmp_path / "state.db", fill)
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_process_that_was_first_stays(tmp_path):
    target = tmp_path / "state.db"

    def fill(path):
        path.write_text("second")
        target.write_text("first")

    created_whole(target, fill)
    assert target.read_text() == "first"


@pytest.mark.parametrize("after_seconds", [0.3, 0.6, 0.9])
def test_a_control_database_killed_while_it_is_made_can_be_opened_again(tmp_path, after_seconds):
    url = f"sqlite:///{tmp_path / 'control.db'}"
    script = f"from tidegate.adapters.control_db import open_control_db; open_control_db({url!r})"
    run = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    time.sleep(after_seconds)
    run.send_signal(signal.SIGKILL)
    run.wait()
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    with sqlite3.connect(tmp_path / "control.db") as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert {"ledger_entries", "alembic_version"} <= {name for (name,) in tables}
    connection.close()
