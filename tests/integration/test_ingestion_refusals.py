"""A broken batch is refused whole: for each way to break one, a real file."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from credit_limits.domain.errors import BatchRefused, InputError, MappingError
from credit_limits.ledger.entry import EntryKind
from tests.ingestion_samples import (
    bill_lines,
    client_lines,
    lender_in,
    with_cell,
)
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch

FEBRUARY = date(2024, 2, 29)


@pytest.fixture
def lender(tmp_path):
    return lender_in(tmp_path)


def refused(lender, *said):
    """The batch is refused, says all of this, and leaves nothing but its trace in the ledger."""
    before = lender.platform.lake.versions()
    entries = len(lender.refusals())
    with pytest.raises(BatchRefused) as caught:
        lender.ingest()
    assert caught.value.exit_code == 6
    message = str(caught.value)
    for part in said:
        assert part in message
    assert lender.platform.lake.versions() == before
    (reason,) = [entry["reasons"] for entry in lender.refusals()[entries:]]
    assert all(any(part in each for each in reason) for part in said)
    return message


def test_a_missing_column(lender):
    lines = [line.rsplit(",", 1)[0] for line in client_lines()]
    lender.write("clients.csv", lines)
    refused(lender, "clients.csv", "columns ['line'] are missing", "Export it again")


def test_a_column_twice(lender):
    lender.write("clients.csv", [f"{line},x" for line in client_lines()])
    lender.write("clients.csv", [line + ("," + line.split(",")[0]) for line in client_lines()])
    refused(lender, "columns ['cust_no'] stand twice")


def test_an_empty_file(lender):
    lender.write_bytes("clients.csv", b"")
    refused(lender, "clients.csv: it is empty")


def test_a_header_and_no_lines(lender):
    lender.write("clients.csv", client_lines(0))
    refused(lender, "it has a header and no lines")


def test_fewer_lines_than_the_floor(lender):
    lender.options["clients"] = {"minimum_rows": 100}
    lender.write("clients.csv", client_lines(99))
    refused(lender, "fewer than 100 lines", "seen: 99")
    lender.write("clients.csv", client_lines(100))
    assert lender.ingest().rows_accepted == 100


def test_a_csv_cut_within_its_last_line(lender):
    whole = ("\n".join(client_lines()) + "\n").encode()
    lender.write_bytes("clients.csv", whole[:-9])
    refused(lender, "clients.csv: it ends within a line", "cut short")


def test_a_csv_whose_last_line_has_fewer_fields(lender):
    lines = client_lines()
    lender.write("clients.csv", [*lines[:-1], lines[-1].rsplit(",", 2)[0]])
    refused(lender, "its last line, 121, has 4 fields of 6")


def test_a_parquet_file_cut_short(lender):
    lender.options["bills"] = {"pattern": "bills*.parquet", "format": "parquet"}
    path = lender.write_bytes("bills.parquet", b"")
    pq.write_table(pa.table({"cust_no": ["1"] * 5000}), path)
    lender.write_bytes("bills.parquet", path.read_bytes()[:-100])
    refused(lender, "bills.parquet: it cannot be read as Parquet")


def test_a_parquet_file_without_rows(lender):
    lender.options["bills"] = {"pattern": "bills*.parquet", "format": "parquet"}
    columns = dict.fromkeys(bill_lines()[0].split(","), pa.array([], pa.int64()))
    pq.write_table(pa.table(columns), lender.write_bytes("bills.parquet", b""))
    refused(lender, "bills.parquet: it has no rows")


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs", "utf-16"])
def test_another_encoding(lender, encoding):
    lender.write("clients.csv", client_lines(), encoding=encoding)
    refused(lender, "clients.csv: it is not in utf-8")


def test_zero_bytes_of_a_wider_encoding(lender):
    lender.write("clients.csv", client_lines(), encoding="utf-16-le")
    with pytest.raises(BatchRefused, match=r"not in utf-8|zero bytes"):
        lender.ingest()
    plain = [line.encode("ascii", "replace").decode() for line in client_lines()]
    lender.write("clients.csv", plain, encoding="utf-16-le")
    refused(lender, "zero bytes")


def test_the_encoding_that_the_mapping_names_is_read(lender):
    lender.options["clients"] = {"encoding": "gb18030"}
    lender.write("clients.csv", client_lines(), encoding="gb18030")
    assert lender.ingest().rows_accepted == 120


def test_a_value_over_two_lines(lender):
    lender.write("clients.csv", with_cell(client_lines(), 60, "name", '"two\nlines"'))
    refused(lender, "a quoted value runs over a line break")


def test_more_nulls_than_the_ceiling(lender):
    lender.limits = {"null_ceilings": {"customers.income_monthly_minor": 0.1}}
    lines = client_lines()
    for line in range(2, 15):
        lines = with_cell(lines, line, "income", "")
    lender.write("clients.csv", lines)
    refused(
        lender,
        "customers.income_monthly_minor: more than 10.0% of it is absent",
        "seen: 10.8 % null",
    )
    lender.write("clients.csv", with_cell(with_cell(lines, 2, "income", "1"), 3, "income", "1"))
    assert lender.ingest().rows_accepted == 120


def test_a_required_column_that_is_empty_throughout(lender):
    lines = client_lines()
    for line in range(2, len(lines) + 1):
        lines = with_cell(lines, line, "birth_year", "")
    lender.write("clients.csv", lines)
    refused(lender, "120 of 120 lines would go to quarantine", "customers birth_year: required")


def test_more_lines_in_quarantine_than_the_ceiling(lender):
    lines = client_lines(100)
    for line in range(2, 8):
        lines = with_cell(lines, line, "line", "-1")
    lender.write("clients.csv", lines)
    refused(lender, "6 of 100 lines would go to quarantine, more than 5.0%", "limit_minor: bounds")
    lender.write("clients.csv", with_cell(lines, 7, "line", "1000"))
    outcome = lender.ingest()
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_quarantined) == (100, 95, 5)


def test_another_unit_than_the_mapping_says(lender):
    lender.limits = {"usual_medians_minor": {"accounts.limit_minor": 1_000_000}}
    lines = [
        line if number == 0 else line.rsplit(",", 1)[0] + "," + str(300_000_000 + number)
        for number, line in enumerate(client_lines())
    ]
    lender.write("clients.csv", lines)
    refused(lender, "accounts.limit_minor: the median is not within 20 times", "another unit")


def test_another_unit_than_earlier_batches(lender):
    lender.write("clients.csv", client_lines())
    lender.write("bills.csv", bill_lines())
    lender.ingest()
    lender.clear()
    in_fen = [
        line if number == 0 else f"{number},{FEBRUARY},{(400 + number * 3) * 100},1,0"
        for number, line in enumerate(bill_lines())
    ]
    lender.write("bills.csv", in_fen)
    refused(lender, "statements.balance_minor: the median is not within 20 times", "58150")
    lender.write("bills.csv", bill_lines(month_end=FEBRUARY))
    assert lender.ingest().rows_accepted == 120


def test_a_few_amounts_tell_no_unit(lender):
    lender.write("clients.csv", client_lines())
    lender.write("bills.csv", bill_lines())
    lender.ingest()
    lender.clear()
    lender.write("bills.csv", [bill_lines()[0], f"1,{FEBRUARY},900000,5,0"])
    assert lender.ingest().rows_accepted == 1


def test_twice_the_rows_of_earlier_batches(lender):
    lender.write("clients.csv", client_lines(300))
    lender.write("bills.csv", bill_lines(100))
    lender.ingest()
    lender.clear()
    lender.write("bills.csv", bill_lines(201, month_end=FEBRUARY))
    refused(lender, "bills.csv: fewer than 1 lines, or more than 200, where 100 are usual", "201")
    lender.write("bills.csv", bill_lines(200, month_end=FEBRUARY))
    assert lender.ingest().rows_accepted == 200


def test_twice_the_rows_that_the_mapping_says_are_usual(lender):
    lender.options["clients"] = {"usual_rows": 50}
    lender.write("clients.csv", client_lines(101))
    refused(lender, "more than 100, where 50 are usual", "seen: 101")


def test_a_file_that_lacks_its_last_rows(lender):
    lender.limits = {"volume_ratio_floor": 0.6}
    lender.write("clients.csv", client_lines(300))
    for month_end in (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)):
        lender.write("bills.csv", bill_lines(100, month_end=month_end))
        lender.ingest()
        lender.clear()
    lender.write("bills.csv", bill_lines(59, month_end=date(2024, 4, 30)))
    refused(lender, "bills.csv: fewer than 60 lines", "59")
    lender.write("bills.csv", bill_lines(60, month_end=date(2024, 4, 30)))
    assert lender.ingest().rows_accepted == 60


def test_changes_may_be_many_or_few(lender):
    lender.limits = {"volume_ratio_floor": 0.6}
    lender.options["bills"] = {"holds_changes": True}
    lender.write("clients.csv", client_lines(300))
    for number, day in enumerate((31, 29, 31, 30, 31), start=1):
        rows = 300 if number == 5 else 10 if number == 4 else 100
        lender.write("bills.csv", bill_lines(rows, month_end=date(2024, number, day)))
        lender.ingest()
        lender.clear()


def test_a_delivery_in_between_that_did_not_come(lender):
    lender.limits = {"maximum_gap_days": 45}
    lender.write("clients.csv", client_lines())
    lender.write("bills.csv", bill_lines(month_end=date(2024, 1, 31)))
    lender.ingest()
    lender.clear()
    lender.write("bills.csv", bill_lines(month_end=date(2024, 3, 31)))
    refused(lender, "statements.event_timestamp: the middle event is more than 45 days", "60")
    lender.write("bills.csv", bill_lines(month_end=date(2024, 2, 29)))
    assert lender.ingest().rows_accepted == 120


def test_a_batch_long_out_of_date(lender):
    lender.limits = {"maximum_age_days": 60}
    lender.write("clients.csv", client_lines())
    lender.write("bills.csv", bill_lines(month_end=date(2024, 6, 30)))
    lender.ingest()
    lender.clear()
    lender.write("bills.csv", bill_lines(month_end=date(2024, 4, 30)))
    refused(lender, "statements.event_timestamp: the newest event is more than 60 days older", "61")
    lender.write("bills.csv", bill_lines(month_end=date(2024, 5, 31)))
    assert lender.ingest().rows_accepted == 120


def test_every_reason_is_said_at_once(lender):
    lender.options["clients"] = {"minimum_rows": 500}
    lender.limits = {"usual_medians_minor": {"accounts.limit_minor": 1}}
    lender.write("clients.csv", client_lines())
    refused(lender, "fewer than 500 lines", "another unit")


def test_a_refused_batch_is_refused_again_and_its_reason_is_kept_once(lender):
    lender.write_bytes("clients.csv", b"")
    for _ in range(2):
        with pytest.raises(BatchRefused):
            lender.ingest()
    assert len(lender.refusals()) == 1
    assert lender.platform.ledger.entries(EntryKind.BATCH_ACCEPTED) == []


def test_data_docs_of_a_refused_batch_are_kept(lender):
    lender.options["clients"] = {"minimum_rows": 500}
    lender.write("clients.csv", client_lines())
    refused(lender, "fewer than 500 lines")
    (entry,) = lender.refusals()
    folder = lender.platform.settings.quality_dir / str(entry["batch_id"])
    assert "clients" in (folder / "index.html").read_text(encoding="utf-8")


def test_nothing_there_is_an_input_error(platform, tmp_path):
    with pytest.raises(InputError, match="does not exist") as caught:
        ingest_batch(platform, IngestBatchRequest(path=tmp_path / "absent.csv", source="taiwan"))
    assert caught.value.exit_code == 4


def test_a_file_of_another_source_is_a_mapping_error(platform, tmp_path):
    (tmp_path / "numbers.txt").write_text("1\n", encoding="utf-8")
    with pytest.raises(MappingError, match="no mapping fits") as caught:
        ingest_batch(platform, IngestBatchRequest(path=tmp_path))
    assert caught.value.exit_code == 5
    with pytest.raises(MappingError, match="no file of source taiwan"):
        ingest_batch(platform, IngestBatchRequest(path=tmp_path, source="taiwan"))


def test_a_required_file_that_is_absent(lender):
    lender.options["bills"] = {"required": True}
    lender.write("clients.csv", client_lines())
    with pytest.raises(MappingError, match=r"bills\*.csv is required and absent"):
        lender.ingest()
