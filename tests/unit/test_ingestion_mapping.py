"""Mapping files: every key is known, every column accounted for, and mistakes are named."""

import copy

import pytest
import yaml

from credit_limits.domain.errors import MappingError
from credit_limits.ingestion.mapping import BatchLimits, FileFormat, Reading, SourceColumn
from credit_limits.ingestion.parsing import parse_mapping
from credit_limits.ingestion.tables import TABLES, table_named
from tests.ingestion_samples import MAPPING, ROOT_POLICIES, client_lines
from tidegate.adapters.sources import find_files, load_mapping, recognise_source

SOURCES = ROOT_POLICIES / "sources"


def spoilt(change):
    content = copy.deepcopy(MAPPING)
    change(content)
    return content


def clients(content):
    return content["files"]["clients"]


def customers(content):
    return clients(content)["tables"]["customers"]["columns"]


@pytest.mark.parametrize("name", ["taiwan", "world", "template"])
def test_the_mappings_in_the_repository_hold_together(name):
    mapping = load_mapping(SOURCES, name)
    assert mapping.assumptions
    for table in mapping.tables:
        parts = [rows for f in mapping.files for rows in f.derived if rows.table == table.name]
        assert all(set(rows.expressions) == set(table.column_names) for rows in parts)


def test_the_world_is_mapped_column_by_column_of_the_same_name():
    mapping = load_mapping(SOURCES, "world")
    assert {table.name for table in mapping.tables} == {table.name for table in TABLES}
    assert all(file.format is FileFormat.PARQUET and not file.required for file in mapping.files)
    statements = mapping.file("statements")
    assert statements.column_names == table_named("statements").column_names
    assert statements.part(0).expressions["balance_minor"] == '"balance_minor"'


def test_taiwan_says_its_six_statements_and_its_service():
    mapping = load_mapping(SOURCES, "taiwan")
    assert (mapping.feature_service, mapping.label_window_months) == (
        "default_risk_statements_v1",
        1,
    )
    parts = [rows for rows in mapping.file("clients").derived if rows.table == "statements"]
    assert len(parts) == 6
    assert parts[0].expressions["balance_minor"] == "BILL_AMT6 * 25"
    assert parts[5].sources_of("days_past_due", mapping.file("clients").column_names) == ("PAY_0",)


def test_what_is_left_out_of_a_table_is_null_if_it_may_be():
    parsed = parse_mapping(MAPPING, "lender.yaml")
    assert parsed.file("clients").part(0).expressions["occupation"] == "NULL"
    assert [rows.part for rows in parsed.file("clients").derived] == [0, 1]


def test_a_csv_of_a_table_s_own_columns_has_times_in_utc():
    content = spoilt(
        lambda c: c["files"].update(
            macro={"pattern": "macro.csv", "format": "csv", "table": "macro"}
        )
    )
    macro = parse_mapping(content, "lender.yaml").file("macro")
    assert macro.columns[0] == SourceColumn("unemployment_rate", Reading.NUMBER)
    assert macro.part(0).expressions["event_timestamp"] == "\"event_timestamp\" AT TIME ZONE 'UTC'"


def test_a_file_says_which_of_a_table_s_own_columns_it_has():
    bill = {
        **dict.fromkeys(("event_timestamp", "created_timestamp", "payment_due_on"), "timestamp"),
        **dict.fromkeys(("balance_minor", "paid_minor", "days_past_due"), "integer"),
        "account_id": "text",
    }
    file = {"pattern": "bills.csv", "format": "csv", "table": "statements", "columns": bill}
    content = spoilt(lambda c: c["files"].update(bills=file))
    bills = parse_mapping(content, "lender.yaml").file("bills")
    assert bills.column_names == tuple(bill)
    expressions = bills.part(0).expressions
    assert expressions["payment_due_on"] == 'CAST("payment_due_on" AS DATE)'
    assert expressions["created_timestamp"].endswith("AT TIME ZONE 'UTC'")
    assert (expressions["fees_minor"], expressions["balance_minor"]) == ("NULL", '"balance_minor"')
    del bill["paid_minor"]
    with pytest.raises(MappingError, match=r"statements needs expressions for \['paid_minor'\]"):
        parse_mapping(content, "lender.yaml")


def test_where_a_column_comes_from_is_told_from_the_words_around_it():
    rows = parse_mapping(MAPPING, "lender.yaml").file("clients").part(0)
    available = ("cust_no", "birth_year", "kind", "consumer", "income", "line")
    assert rows.sources_of("segment", available) == ("kind",), "'consumer' is a text"
    assert rows.sources_of("income_monthly_minor", available) == ("income",)
    assert rows.sources_of("declines_increases", available) == ()


def test_a_quoted_column_is_found():
    mapping = load_mapping(SOURCES, "taiwan")
    file = mapping.file("clients")
    outcome = next(rows for rows in file.derived if rows.table == "outcomes")
    assert outcome.sources_of("defaulted", file.column_names) == ("default.payment.next.month",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(thresholds={}), "unknown ['thresholds']"),
        (lambda c: c.pop("currency"), "currency"),
        (lambda c: c.update(files={}), "no files"),
        (lambda c: c.update(assumptions="none"), "expected a list"),
        (lambda c: c.update(label_window_months=0), "label_window_months is at least 1"),
        (lambda c: c.update(limits={"quarantine_share": 0.1}), "unknown ['quarantine_share']"),
        (lambda c: c.update(limits={"quarantine_share_ceiling": 1.5}), "outside 0 to 1"),
        (lambda c: c.update(limits={"unit_ratio_ceiling": 0.5}), "at least 1"),
        (lambda c: c.update(limits={"maximum_age_days": -1}), "at least 0"),
        (lambda c: c.update(limits={"null_ceilings": {"customers.age": 0.1}}), "no column 'age'"),
        (lambda c: c.update(limits={"usual_medians_minor": {"accounts.apr": 0}}), "above 0"),
        (lambda c: clients(c).update(colour="red"), "unknown ['colour']"),
        (lambda c: clients(c).update(format="excel"), "excel"),
        (lambda c: clients(c).update(table="customers"), "say either table"),
        (lambda c: clients(c).pop("columns"), "columns are absent"),
        (lambda c: clients(c).update(encoding="klingon"), "no such encoding as 'klingon'"),
        (lambda c: clients(c).update(encoding="utf-16"), "lines cannot be told apart"),
        (lambda c: clients(c).update(delimiter="||"), "one character"),
        (lambda c: clients(c).update(minimum_rows=0), "row counts start at 1"),
        (lambda c: clients(c)["columns"].update(line="money"), "money"),
        (lambda c: clients(c)["columns"].update(line={"codes": [1]}), "unknown ['codes']"),
        (lambda c: clients(c)["columns"].update(source_line="integer"), "platform's own column"),
        (lambda c: clients(c)["tables"].update(clients={"columns": {}}), "unknown ['clients']"),
        (lambda c: clients(c).update(tables={}), "becomes no table"),
        (lambda c: customers(c).update(age="1"), "customers has no columns ['age']"),
        (lambda c: customers(c).pop("birth_year"), "needs expressions for ['birth_year']"),
    ],
)
def test_a_mistake_is_named_with_the_file_and_what_to_read(change, said):
    with pytest.raises(MappingError) as caught:
        parse_mapping(spoilt(change), "lender.yaml")
    message = str(caught.value)
    assert message.startswith("lender.yaml: ")
    assert said in message
    assert "template.yaml" in message


def test_a_mapping_that_is_not_there_names_those_that_are():
    with pytest.raises(MappingError, match=r"taiwan.*world"):
        load_mapping(SOURCES, "nowhere")


def test_a_mapping_is_named_as_its_file(tmp_path):
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    with pytest.raises(MappingError, match="its name is 'lender'; make it 'other'"):
        load_mapping(tmp_path, "other")


def test_yaml_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "lender.yaml").write_text("files: [", encoding="utf-8")
    with pytest.raises(MappingError, match="cannot be read as YAML"):
        load_mapping(tmp_path, "lender")


def test_a_source_is_recognised_by_its_columns(tmp_path):
    path = tmp_path / "clients.csv"
    path.write_text("\n".join(client_lines(1)) + "\n", encoding="utf-8")
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    (mappings / "lender.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    (mappings / "taiwan.yaml").write_bytes((SOURCES / "taiwan.yaml").read_bytes())
    assert recognise_source(mappings, path).name == "lender"
    assert recognise_source(mappings, tmp_path).name == "lender"
    (mappings / "twin.yaml").write_text(yaml.safe_dump({**MAPPING, "name": "twin"}), "utf-8")
    with pytest.raises(MappingError, match=r"\['lender', 'twin'\] all fit"):
        recognise_source(mappings, path)


def test_a_file_that_two_patterns_claim_is_refused(tmp_path):
    content = spoilt(lambda c: c["files"]["bills"].update(pattern="*.csv"))
    (tmp_path / "clients.csv").write_text("x\n", encoding="utf-8")
    with pytest.raises(MappingError, match="matches several"):
        find_files(parse_mapping(content, "lender.yaml"), tmp_path)


def test_limits_have_defaults():
    assert BatchLimits().quarantine_share_ceiling == 0.05
    assert (BatchLimits().volume_ratio_ceiling, BatchLimits().unit_ratio_ceiling) == (2.0, 20.0)
