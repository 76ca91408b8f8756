"""Rows written column by column are, to the byte, the plain canonical JSON of each row."""

import hashlib
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_limits.domain.digest import canonical_json, digest_of
from credit_limits.ledger.row_texts import row_digests, row_texts

INSTANT = pa.timestamp("us", tz="UTC")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
KINDS = {
    "text": (pa.string(), TEXTS),
    "count": (pa.int64(), st.integers(-(2**62), 2**62)),
    "share": (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    "flag": (pa.bool_(), st.booleans()),
    "day": (pa.date32(), DAYS),
    "at": (
        INSTANT,
        DAYS.map(lambda day: datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, UTC)),
    ),
    "texts": (pa.list_(pa.string()), st.lists(st.none() | TEXTS, max_size=3)),
    "shares": (pa.list_(pa.float64()), st.lists(st.floats(0, 1), max_size=3)),
    'a "name"': (pa.int32(), st.integers(0, 9)),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, (_, values) in KINDS.items()}),
    min_size=1,
    max_size=6,
)
SCHEMA = pa.schema([(name, kind) for name, (kind, _) in KINDS.items()])


@given(ROWS, st.integers(0, 2))
def test_the_text_of_a_row_is_its_canonical_json(rows, skipped):
    table = pa.Table.from_pylist(rows, schema=SCHEMA).slice(min(skipped, len(rows) - 1))
    plain = [canonical_json(row) for row in table.to_pylist()]
    assert list(row_texts(table)) == plain
    assert row_digests(table) == [hashlib.sha256(text).hexdigest() for text in plain]


def test_many_rows_in_many_pieces():
    tables = [pa.table({"n": range(start, start + 40_000)}) for start in (0, 40_000)]
    digests = row_digests(pa.concat_tables(tables))
    assert len(digests) == 80_000
    assert digests[65_536] == digest_of({"n": 65_536})


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_has_no_json_form_is_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        row_digests(pa.table({"share": [number]}))
