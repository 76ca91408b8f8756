"""Nothing is lost: whatever is spoilt, lines read are lines accepted and lines quarantined."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from credit_limits.ingestion.incoming import Incoming
from credit_limits.ingestion.mapping import BatchLimits
from credit_limits.ingestion.parsing import parse_mapping
from credit_limits.ingestion.validation import BatchValidation
from tests.ingestion_plain import PlainRules
from tests.ingestion_samples import MAPPING, bill_lines, client_lines, lender_in, with_cell
from tidegate.adapters.sources import find_files, read_file

# An example runs Great Expectations, so a failure is told as it was found.
NO_SHRINKING = tuple(phase for phase in Phase if phase not in {Phase.shrink, Phase.explain})
CLIENTS, BILLS = 30, 40
BAD_CLIENT_CELLS = {
    "cust_no": [""],
    "birth_year": ["", "x", "1800", "2015", "1980.5"],
    "kind": ["Z", "p"],
    "income": ["a lot", "-1", "1e300"],
    "line": ["", "-5", "many", "1e18"],
}
BAD_BILL_CELLS = {
    "cust_no": ["", "999"],
    "month_end": ["", "never", "2024-13-01"],
    "owed": ["", "x", "9e14"],
    "paid": ["", "-1", "0.5"],
    "days_late": ["", "-1", "4000"],
}


def changes(
    cells: dict[str, list[str]], count: int
) -> st.SearchStrategy[list[tuple[int, str, str]]]:
    """Up to six spoilt lines: the line, a column and a value that cannot stand in it."""
    pairs = st.sampled_from([(name, value) for name, values in cells.items() for value in values])
    change = st.tuples(st.integers(2, count + 1), pairs).map(lambda each: (each[0], *each[1]))
    return st.lists(change, max_size=6, unique_by=lambda each: each[0])


def ragged(count: int) -> st.SearchStrategy[dict[int, bool]]:
    """Lines, not the last, that have a field too many or one too few."""
    return st.dictionaries(st.integers(2, count), st.booleans(), max_size=2)


def spoilt(lines, cells, other_fields):
    for line, column, value in cells:
        lines = with_cell(lines, line, column, value)
    for line, longer in other_fields.items():
        text = f"{lines[line - 1]},more" if longer else lines[line - 1].rsplit(",", 1)[0]
        lines = [*lines[: line - 1], text, *lines[line:]]
    return lines, {line for line, *_ in cells} | set(other_fields)


def validated(folder: Path) -> Incoming:
    mapping = replace(
        parse_mapping(MAPPING, "lender.yaml"), limits=BatchLimits(quarantine_share_ceiling=1.0)
    )
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    found = find_files(mapping, folder)
    read = [read_file(connection, file, f"file_{i}") for i, file in enumerate(found)]
    incoming = Incoming(connection, mapping, read)
    BatchValidation(incoming, PlainRules(connection), mapping.limits, "b1").run()
    return incoming


def written(folder: str, name: str, lines: list[str]) -> Path:
    path = Path(folder) / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@settings(max_examples=25)
@given(
    changes(BAD_CLIENT_CELLS, CLIENTS),
    changes(BAD_BILL_CELLS, BILLS),
    ragged(CLIENTS),
    ragged(BILLS),
)
def test_a_line_is_set_aside_if_and_only_if_it_or_what_it_refers_to_is_bad(
    client_changes, bill_changes, ragged_clients, ragged_bills
):
    clients, bad_clients = spoilt(client_lines(CLIENTS), client_changes, ragged_clients)
    bills, bad_bills = spoilt(bill_lines(BILLS), bill_changes, ragged_bills)
    # client number n stands in line n + 1 of both files; bills beyond the last client have none
    bad_bills |= bad_clients | set(range(CLIENTS + 2, BILLS + 2))
    with TemporaryDirectory() as folder:
        written(folder, "clients.csv", clients)
        written(folder, "bills.csv", bills)
        incoming = validated(Path(folder))
        lines = incoming.lines()
        of_clients, of_bills = incoming.files
        assert incoming.lines_set_aside(of_clients) == sorted(bad_clients)
        assert incoming.lines_set_aside(of_bills) == sorted(bad_bills)
        assert lines.read == CLIENTS + BILLS
        assert lines.accepted + lines.quarantined == lines.read
        assert lines.quarantined == len(bad_clients) + len(bad_bills)
        incoming.connection.close()


@settings(max_examples=3, phases=NO_SHRINKING)
@given(changes(BAD_CLIENT_CELLS, 120))
def test_the_whole_operation_accounts_for_every_line(client_changes):
    lines, bad = spoilt(client_lines(120), client_changes, {})
    with TemporaryDirectory() as folder:
        lender = lender_in(Path(folder))
        lender.write("clients.csv", lines)
        outcome = lender.ingest()
        assert outcome.rows_read == outcome.rows_accepted + outcome.rows_quarantined == 120
        for table in ("customers", "accounts"):
            count = outcome.tables[table]
            assert count.read == count.accepted + count.quarantined == 120
            assert lender.platform.lake.read(table).num_rows == count.accepted
        found = (
            {row["source_line"] for row in lender.platform.lake.read("quarantine").to_pylist()}
            if lender.platform.lake.exists("quarantine")
            else set()
        )
        assert found == bad
        lender.platform.ledger.engine.dispose()
