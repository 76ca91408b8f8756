"""Each fault meets the real ingestion: who catches it, that nothing is lost, that all goes on."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from credit_limits.domain.errors import BatchRefused
from credit_limits.ledger.entry import EntryKind
from credit_limits.simulation.faults import STRANGE_CODE, Fault, FaultKind, with_faults
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import MonthBatch, simulate_months
from tests.conftest import ROOT
from tidegate.adapters.settings import Settings
from tidegate.operations.ingest_batch import IngestBatchOutcome, IngestBatchRequest, ingest_batch
from tidegate.operations.platform import Platform, open_platform

pytestmark = pytest.mark.minutes

HISTORY, HIT, MONTHS = 2, 2, 4
TABLES = ("accounts", "customers", "statements", "transactions", "activity_events")


@pytest.fixture(scope="module")
def months():
    """The faulty month is the third; one sound month follows. Tables without a fault stay out."""
    parameters = WorldParameters(customers=300, months=MONTHS, seed=6)
    return [
        replace(month, tables={name: month.tables[name] for name in TABLES if name in month.tables})
        for month in simulate_months(parameters)
    ]


class Lender:
    """Delivers months as folders of Parquet files and keeps what became of each."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.accepted: list[IngestBatchOutcome] = []
        self.deliveries = 0

    @property
    def platform(self) -> Platform:
        settings = Settings(
            var_dir=self.folder / "var", policies_dir=ROOT / "policies", actor="tester"
        )
        return open_platform(settings)

    def write(self, batch: MonthBatch) -> Path:
        self.deliveries += 1
        folder = self.folder / f"delivery_{self.deliveries:02}"
        folder.mkdir(parents=True)
        for name, table in batch.tables.items():
            pq.write_table(table, folder / f"{name}.parquet")
        return folder

    def deliver(self, batch: MonthBatch) -> IngestBatchOutcome:
        """Ingest a month; what was read is what was accepted and what was quarantined."""
        return self.deliver_folder(self.write(batch))

    def deliver_folder(self, folder: Path) -> IngestBatchOutcome:
        outcome = ingest_batch(self.platform, IngestBatchRequest(path=folder, source="world"))
        assert outcome.rows_read == outcome.rows_accepted + outcome.rows_quarantined
        for count in outcome.tables.values():
            assert count.read == count.accepted + count.quarantined
        if not outcome.recognised:
            self.accepted.append(outcome)
        return outcome

    def refused(self, batch: MonthBatch | Path, *said: str) -> None:
        """The delivery is refused with these words, the lake untouched, the ledger told."""
        before, versions = self.refusals, self.platform.lake.versions()
        with pytest.raises(BatchRefused) as caught:
            self.deliver(batch) if isinstance(batch, MonthBatch) else self.deliver_folder(batch)
        assert all(part in str(caught.value) for part in said), caught.value
        assert (self.refusals, self.platform.lake.versions()) == (before + 1, versions)

    @property
    def refusals(self) -> int:
        return len(self.platform.ledger.entries(EntryKind.BATCH_REFUSED))

    def rows(self, table: str) -> int:
        return self.platform.lake.read(table).num_rows

    def quarantined(self) -> list[dict]:
        lake = self.platform.lake
        return lake.read("quarantine").to_pylist() if lake.exists("quarantine") else []


@pytest.fixture(scope="module")
def history(tmp_path_factory, months) -> Path:
    """A platform that has taken in the months before the faulty one, to be copied."""
    lender = Lender(tmp_path_factory.mktemp("history"))
    for month in months[:HISTORY]:
        assert lender.deliver(month).rows_quarantined == 0
    return lender.folder


def copied(history: Path, folder: Path) -> Lender:
    shutil.copytree(history, folder)
    lender = Lender(folder)
    lender.deliveries = HISTORY
    return lender


@pytest.fixture
def lender(tmp_path, history) -> Lender:
    return copied(history, tmp_path / "lender")


@pytest.fixture(scope="module")
def refused_lender(tmp_path_factory, history) -> Lender:
    """One whose deliveries are all refused, so that none of them finds anything changed."""
    return copied(history, tmp_path_factory.mktemp("refused") / "lender")


def faulty(months, *faults):
    (batch,) = with_faults(months[HIT], faults, months[HIT - 1])
    return batch


def holds_everything(lender, months):
    for table in TABLES:
        made = sum(month.tables[table].num_rows for month in months if table in month.tables)
        assert lender.rows(table) == made, table


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            Fault(FaultKind.NULL_COLUMN, HIT, "statements", "days_past_due"),
            ("lines would go to quarantine", "statements days_past_due: required"),
        ),
        (
            Fault(FaultKind.WRONG_UNIT, HIT, "transactions", "amount_minor"),
            ("transactions.amount_minor: the median is not within 20 times", "another unit"),
        ),
        (
            Fault(FaultKind.WRONG_UNIT, HIT, "statements", "balance_minor"),
            ("statements.balance_minor: the median is not within 20 times", "another unit"),
        ),
        (
            Fault(FaultKind.NEW_CODES, HIT, "transactions", "scenario", share=0.5),
            ("lines would go to quarantine", "transactions scenario: values"),
        ),
    ],
    ids=["null column", "unit of amounts", "unit of balances", "a code list replaced"],
)
def test_the_contract_refuses_the_batch(refused_lender, months, fault, said):
    refused_lender.refused(faulty(months, fault), *said)


def test_a_file_whose_bytes_are_cut_is_refused(refused_lender, months):
    folder = refused_lender.write(months[HIT])
    path = folder / "statements.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    refused_lender.refused(folder, "statements.parquet: it cannot be read as Parquet")


def test_after_a_refusal_the_sound_batch_and_the_next_go_in(lender, months):
    fault = Fault(FaultKind.NULL_COLUMN, HIT, "statements", "days_past_due")
    lender.refused(faulty(months, fault), "lines would go to quarantine")
    for month in months[HIT:]:
        assert lender.deliver(month).rows_quarantined == 0
    holds_everything(lender, months)


def test_a_few_new_codes_go_to_quarantine_and_can_be_delivered_again(lender, months):
    fault = Fault(FaultKind.NEW_CODES, HIT, "transactions", "scenario")
    batch = faulty(months, fault)
    strange = pc.equal(batch.tables["transactions"]["scenario"], STRANGE_CODE)
    outcome = lender.deliver(batch)
    assert outcome.rows_quarantined == pc.sum(strange).as_py() > 10
    assert {e.rule for e in outcome.quarantine_examples} == {"values"}
    assert {row["value"] for row in lender.quarantined()} == {STRANGE_CODE}
    mended = months[HIT].tables["transactions"].filter(strange)
    assert lender.deliver(MonthBatch(HIT, {"transactions": mended})).rows_quarantined == 0
    assert lender.deliver(months[HIT + 1]).rows_quarantined == 0
    holds_everything(lender, months)


def test_a_batch_that_comes_twice_is_recognised(lender, months):
    first, again = with_faults(months[HIT], [Fault(FaultKind.DUPLICATE_BATCH, HIT)])
    lender.deliver(first)
    versions = lender.platform.lake.versions()
    assert lender.deliver(again).recognised
    assert lender.platform.lake.versions() == versions
    assert lender.deliver(months[HIT + 1]).rows_quarantined == 0
    holds_everything(lender, months)


def test_a_batch_that_is_exported_twice_in_another_order_is_refused(lender, months):
    lender.deliver(months[HIT])
    turned = {
        name: table.take(pa.array(range(table.num_rows - 1, -1, -1)))
        for name, table in months[HIT].tables.items()
    }
    lender.refused(replace(months[HIT], tables=turned), "not_known_before")
    assert lender.deliver(months[HIT + 1]).rows_quarantined == 0
    holds_everything(lender, months)


def test_a_batch_that_comes_a_month_late_is_taken_in_ahead_of_the_next(lender, months):
    missing = [Fault(FaultKind.MISSING_BATCH, HIT)]
    assert with_faults(months[HIT], missing, months[HIT - 1]) == ()
    for batch in with_faults(months[HIT + 1], missing, months[HIT]):
        assert lender.deliver(batch).rows_quarantined == 0
    holds_everything(lender, months)


def test_a_month_after_a_missing_one_waits_for_it(lender, months):
    """Its accounts would be unknown; refused, it comes again once the late month is in."""
    with pytest.raises(
        BatchRefused, match=r"statements\.event_timestamp: the middle event is more"
    ):
        lender.deliver(months[HIT + 1])
    assert lender.deliver(months[HIT]).rows_quarantined == 0
    assert lender.deliver(months[HIT + 1]).rows_quarantined == 0
    holds_everything(lender, months)


def test_late_corrections_are_known_from_their_own_day_on(lender, months):
    fault = Fault(FaultKind.LATE_CORRECTIONS, HIT, "statements", "paid_minor")
    batch = faulty(months, fault)
    extra = batch.tables["statements"].num_rows - months[HIT].tables["statements"].num_rows
    assert extra > 10
    assert lender.deliver(batch).rows_quarantined == 0
    before, after = (
        paid_of_february(lender.platform, known_at)
        for known_at in (date(2023, 2, 28), date(2023, 3, 31))
    )
    assert before.keys() <= after.keys()
    changed = [account for account, paid in before.items() if after[account] != paid]
    world_own = corrections_of_the_world(months[HIT])
    assert extra <= len(changed) + len(world_own)
    assert all(after[account] > before[account] for account in changed)
    assert lender.deliver(months[HIT + 1]).rows_quarantined == 0


def paid_of_february(platform, known_at):
    with platform.lake.connect(known_at=known_at, tables=["statements"]) as connection:
        return dict(
            connection.execute(
                "SELECT account_id, paid_minor FROM statements "
                "WHERE event_timestamp::DATE = DATE '2023-02-28'"
            ).fetchall()
        )


def corrections_of_the_world(month):
    """Accounts of whose earlier statements the world itself corrects one in this month."""
    statements = month.tables["statements"]
    late = pc.less(statements["event_timestamp"], pc.max(statements["event_timestamp"]))
    return statements.filter(late)["account_id"].to_pylist()


def test_of_a_file_that_lacks_its_last_rows_nothing_is_lost(lender, months):
    """Refused or not, in the end every statement is there once."""
    fault = Fault(FaultKind.TRUNCATED_FILE, HIT, "statements")
    cut = faulty(months, fault)
    try:
        lender.deliver(cut)
    except BatchRefused:
        lender.deliver(months[HIT])
    else:
        rest = months[HIT].tables["statements"].slice(cut.tables["statements"].num_rows)
        lender.deliver(MonthBatch(HIT, {"statements": rest}))
    assert lender.deliver(months[HIT + 1]).rows_quarantined == 0
    holds_everything(lender, months)
