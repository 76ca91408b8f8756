"""What is not fit is set aside whole, with where it stands, what stands there and why."""

import json
from datetime import date

import pytest

from credit_limits.domain.errors import BatchRefused
from credit_limits.ledger.entry import EntryKind
from tests.ingestion_samples import bill_lines, client_lines, lender_in, with_cell


@pytest.fixture
def lender(tmp_path):
    return lender_in(tmp_path)


def findings(lender):
    """Line, column, value and rule of everything in quarantine, in order."""
    rows = lender.platform.lake.read("quarantine").to_pylist()
    return sorted(
        (row["source_file"], row["source_line"], row["column"], row["value"], row["rule"])
        for row in rows
    )


def accounts(lender, table):
    return {row["account_id"] for row in lender.platform.lake.read(table).to_pylist()}


def test_each_kind_of_bad_cell_is_found_where_it_stands(lender):
    lines = client_lines()
    for line, column, value in (
        (2, "birth_year", "nineteen"),
        (4, "birth_year", "1980.5"),
        (6, "kind", "X"),
        (8, "line", "-1"),
        (10, "birth_year", "2015"),
        (12, "income", "1e400"),
    ):
        lines = with_cell(lines, line, column, value)
    lender.write("clients.csv", lines)
    outcome = lender.ingest()
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_quarantined) == (120, 114, 6)
    made_of_kind = ("clients.csv", 6, "kind", "X", "codes")
    assert findings(lender) == [
        ("clients.csv", 2, "birth_year", "nineteen", "readable"),
        ("clients.csv", 2, "birth_year", "nineteen", "required"),
        ("clients.csv", 4, "birth_year", "1980.5", "readable"),
        ("clients.csv", 4, "birth_year", "1980.5", "required"),
        made_of_kind,
        ("clients.csv", 8, "limit_minor", "-1", "bounds"),
        ("clients.csv", 10, "birth_year, event_timestamp", "2015", "adult"),
        ("clients.csv", 12, "income", "1e400", "readable"),
    ]


def test_a_finding_says_the_lender_s_own_name_of_the_row_and_keeps_all_of_it(lender):
    lender.write("clients.csv", with_cell(client_lines(), 8, "line", "-1"))
    outcome = lender.ingest()
    (row,) = lender.platform.lake.read("quarantine").to_pylist()
    assert row["record"] == "cust_no=7"
    assert row["table"] == "accounts"
    assert row["message"] == "lies outside 0 to 1000000000000 (made of line)"
    assert row["batch_id"] == outcome.batch_id
    assert json.loads(row["source_row"]) == {
        "cust_no": "7",
        "name": "客户7",
        "birth_year": "1967",
        "kind": "P",
        "income": "3070.50",
        "line": "-1",
    }
    (example,) = outcome.quarantine_examples
    assert (example.source_line, example.record, example.value) == (8, "cust_no=7", "-1")


def test_a_line_goes_with_every_row_made_from_it(lender):
    lender.write("clients.csv", with_cell(client_lines(), 8, "line", "-1"))
    outcome = lender.ingest()
    for table in ("customers", "accounts"):
        count = outcome.tables[table]
        assert (count.read, count.accepted, count.quarantined) == (120, 119, 1)
    assert "a7" not in accounts(lender, "accounts")


def test_what_refers_to_a_quarantined_line_goes_too(lender):
    lender.write("clients.csv", with_cell(client_lines(), 8, "line", "-1"))
    lender.write("bills.csv", bill_lines())
    outcome = lender.ingest()
    assert (outcome.rows_read, outcome.rows_quarantined) == (240, 2)
    assert ("bills.csv", 8, "account_id", "7", "accounts_known") in findings(lender)
    assert accounts(lender, "statements") == accounts(lender, "accounts")


def test_a_reference_may_be_to_an_earlier_batch(lender):
    lender.write("clients.csv", client_lines())
    lender.ingest()
    lender.clear()
    lender.write("bills.csv", bill_lines(121))
    outcome = lender.ingest()
    assert (outcome.rows_accepted, outcome.rows_quarantined) == (120, 1)
    assert findings(lender) == [("bills.csv", 122, "account_id", "121", "accounts_known")]


def test_a_fact_that_stands_twice_goes_both_times(lender):
    lines = client_lines()
    lender.write("clients.csv", [*lines, lines[4]])
    outcome = lender.ingest()
    assert outcome.rows_quarantined == 2
    twice = {(line, rule) for _, line, _, _, rule in findings(lender)}
    assert twice == {(5, "stands_once"), (122, "stands_once")}


def test_a_fact_of_an_earlier_batch_is_not_taken_again(lender):
    lender.write("clients.csv", client_lines(100))
    lender.ingest()
    lender.write("clients.csv", client_lines(103, first=98))
    outcome = lender.ingest()
    assert (outcome.rows_read, outcome.rows_quarantined) == (103, 3)
    assert {rule for *_, rule in findings(lender)} == {"not_known_before"}


def test_a_line_with_other_fields_is_kept_as_it_stands(lender):
    lines = client_lines()
    lines[30] += ",one,two"
    lines[50] = "50,short"
    lender.write("clients.csv", lines)
    outcome = lender.ingest()
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_quarantined) == (120, 118, 2)
    assert findings(lender) == [
        ("clients.csv", 31, "", lines[30], "fields"),
        ("clients.csv", 51, "", "50,short", "fields"),
    ]
    assert "a51" in accounts(lender, "accounts"), "the lines after it keep their own numbers"


def test_a_blank_line_is_counted_as_one(lender):
    lines = client_lines()
    lender.write("clients.csv", [*lines[:10], "", *lines[10:]])
    outcome = lender.ingest()
    assert (outcome.rows_read, outcome.rows_quarantined) == (121, 1)
    assert {line for _, line, *_ in findings(lender)} == {11}


def test_quotes_delimiters_and_line_ends_of_windows_are_read(lender):
    lines = with_cell(client_lines(), 8, "name", '"Wu ""the"" 2nd"')
    lines = [line.replace(",", ";").replace("2nd", "2nd; MD") for line in lines]
    lender.options["clients"] = {"delimiter": ";"}
    lender.write_bytes("clients.csv", b"\xef\xbb\xbf" + ("\r\n".join(lines) + "\r\n").encode())
    outcome = lender.ingest()
    assert (outcome.rows_read, outcome.rows_quarantined) == (120, 0)


def test_several_files_of_a_kind_are_one_batch(lender):
    lender.write("clients.csv", client_lines())
    lender.write("bills-01.csv", bill_lines())
    spoilt = with_cell(bill_lines(month_end=date(2024, 2, 29)), 3, "paid", "-2")
    lender.write("bills-02.csv", spoilt)
    outcome = lender.ingest()
    assert outcome.tables["statements"].accepted == 239
    assert findings(lender) == [("bills-02.csv", 3, "paid_minor", "-2", "bounds")]
    assert outcome.profile.file_lines == {"clients": [120], "bills": [120, 120]}


def test_the_same_content_again_does_nothing_wherever_it_lies(lender, tmp_path):
    path = lender.write("clients.csv", client_lines())
    first = lender.ingest()
    assert not first.recognised
    again = lender.ingest()
    assert again == first.model_copy(update={"recognised": True})
    elsewhere = tmp_path / "clients-of-may.csv"
    elsewhere.write_bytes(path.read_bytes())
    assert lender.ingest(elsewhere) == again
    assert lender.platform.lake.versions() == {"accounts": 0, "customers": 0}
    assert len(lender.platform.ledger.entries(EntryKind.BATCH_ACCEPTED)) == 1


def test_another_mapping_makes_another_batch_and_its_facts_are_known_already(lender):
    lender.write("clients.csv", client_lines())
    lender.ingest()
    lender.limits = {"quarantine_share_ceiling": 1.0}
    with pytest.raises(BatchRefused, match=r"120 of 120 lines .* not_known_before"):
        lender.ingest()
    assert lender.platform.lake.versions() == {"accounts": 0, "customers": 0}


def test_a_table_that_is_quarantined_throughout_stays_absent(lender):
    lender.write("clients.csv", client_lines())
    lender.write("bills.csv", [*bill_lines(0), "7,2024-01-31,500,-1,0"])
    outcome = lender.ingest()
    assert outcome.tables["statements"].accepted == 0
    assert "statements" not in lender.platform.lake.versions()
    assert "statements" not in outcome.data_versions


def test_every_expectation_is_told_with_what_it_found(lender):
    lender.write("clients.csv", with_cell(client_lines(), 8, "line", "-1"))
    outcome = lender.ingest()
    assert all(check.passed for check in outcome.checks)
    broken = {(check.table, check.expectation) for check in outcome.checks if check.offending}
    assert broken == {("accounts", "bounds limit_minor")}
    floor = next(c for c in outcome.checks if (c.table, c.expectation) == ("accounts", "row_floor"))
    assert floor.observed == "120"


def test_data_docs_show_what_was_read_and_what_was_accepted(lender):
    lender.write("clients.csv", with_cell(client_lines(), 8, "line", "-1"))
    outcome = lender.ingest()
    index = lender.platform.settings.quality_dir / outcome.batch_id / "index.html"
    assert outcome.data_docs == str(index)
    text = index.read_text(encoding="utf-8")
    for suite in ("accounts (as read)", "accounts (accepted)", "clients csv (as read)"):
        assert suite in text


def test_a_line_whose_expression_fails_is_set_aside_and_the_rest_go_on(lender):
    lines = with_cell(client_lines(), 5, "income", "1e300")
    lender.write("clients.csv", lines)
    outcome = lender.ingest()
    count = outcome.tables["customers"]
    assert (count.read, count.accepted) == (120, 119)
    assert findings(lender) == [("clients.csv", 5, "income_monthly_minor", "1e300", "computable")]
