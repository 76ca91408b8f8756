"""A run that stops anywhere is started again and ends in the same state."""

from contextlib import suppress

import pyarrow as pa
import pytest

from credit_limits.ledger.entry import EntryKind
from tests.ingestion_samples import bill_lines, client_lines, lender_in, with_cell
from tidegate.adapters.lake import Lake

TABLES = ("customers", "accounts", "statements", "quarantine")


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class DyingLake(Lake):
    """A lake whose process ends before, or after, the append of one table."""

    dies_before: str = ""
    dies_after: str = ""

    def append(self, table: str, rows: pa.Table, batch_id: str) -> int:
        if table == self.dies_before:
            raise Killed
        version = super().append(table, rows, batch_id)
        if table == self.dies_after:
            raise Killed
        return version


def delivery(folder):
    lender = lender_in(folder)
    lender.write("clients.csv", with_cell(client_lines(), 8, "line", "-1"))
    lender.write("bills.csv", bill_lines())
    return lender


def state(lender):
    lake = lender.platform.lake
    rows = {table: lake.read(table).sort_by(lake.read(table).column_names[0]) for table in TABLES}
    (entry,) = lender.platform.ledger.entries()
    payload = {k: v for k, v in entry.payload.items() if k != "data_docs"}
    return {name: table.num_rows for name, table in rows.items()}, lake.versions(), payload


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    lender = delivery(tmp_path_factory.mktemp("undisturbed"))
    lender.ingest()
    return state(lender)


def test_a_run_cut_off_around_every_append_converges(tmp_path, undisturbed):
    lender = delivery(tmp_path)
    sound = lender.platform.lake
    for moment, table in (
        ("dies_before", "customers"),
        ("dies_after", "customers"),
        ("dies_before", "statements"),
        ("dies_after", "statements"),
        ("dies_after", "quarantine"),
    ):
        dying = DyingLake(sound.root, sound.protected_root, sound.threads)
        object.__setattr__(dying, moment, table)
        vars(lender.platform)["lake"] = dying
        with suppress(Killed):
            lender.ingest()
        assert lender.platform.ledger.entries(EntryKind.BATCH_ACCEPTED) == []
    vars(lender.platform)["lake"] = sound
    outcome = lender.ingest()
    assert not outcome.recognised
    assert state(lender) == undisturbed
    assert lender.ingest().recognised
