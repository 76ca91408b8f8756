"""Streams, calendar and columns: what every table is made with."""

from datetime import UTC, date, datetime
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from credit_limits.simulation.calendar import SECOND_US, Calendar
from credit_limits.simulation.columns import (
    chosen,
    instants,
    labels,
    split_by_knowledge,
    stacked,
    whole,
)
from credit_limits.simulation.streams import Concern, Streams

CALENDAR = Calendar(date(2023, 1, 17), 24)


def test_a_stream_draws_the_same_numbers_each_time_it_is_asked_for():
    streams = Streams(3)
    first = streams.of(Concern.ACTIVITY, 4).random(5)
    assert (streams.of(Concern.ACTIVITY, 4).random(5) == first).all()
    assert (Streams(3).of(Concern.ACTIVITY, 4).random(5) == first).all()


def test_each_concern_month_and_seed_has_a_stream_of_its_own():
    drawn = {
        (seed, concern, month): Streams(seed).of(concern, month).random()
        for seed in (0, 1)
        for concern in Concern
        for month in (-6, -1, 0, 1, 23)
    }
    assert len(set(drawn.values())) == len(drawn)


def test_two_streams_are_uncorrelated():
    rows = np.array([Streams(5).of(concern).standard_normal(4000) for concern in Concern])
    correlation = np.corrcoef(rows)
    assert all(abs(correlation[a, b]) < 0.08 for a, b in combinations(range(len(rows)), 2))


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (-13, date(2021, 12, 31)),
        (-1, date(2022, 12, 31)),
        (0, date(2023, 1, 31)),
        (1, date(2023, 2, 28)),
        (13, date(2024, 2, 29)),
        (23, date(2024, 12, 31)),
    ],
)
def test_a_month_is_known_by_its_last_day(month, expected):
    assert CALENDAR.month_end(month) == expected


def test_the_instants_of_a_month_are_in_order_and_in_utc():
    def utc(microseconds):
        return datetime.fromtimestamp(microseconds // SECOND_US, tz=UTC)

    assert utc(CALENDAR.first_us(13)) == datetime(2024, 2, 1, tzinfo=UTC)
    assert utc(CALENDAR.last_day_us(13)) == datetime(2024, 2, 29, tzinfo=UTC)
    assert utc(CALENDAR.statement_us(13)) == datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert CALENDAR.last_us(13) == CALENDAR.first_us(14) - 1


def test_the_instants_are_right_before_1970_too():
    early = Calendar(date(1969, 11, 1), 3)
    assert early.last_us(1) == -1
    assert early.first_us(2) == 0


def test_labels_are_padded_and_in_order():
    assert labels("A", np.array([0, 9, 10, 99_999_999]), 8).to_pylist() == [
        "A00000000", "A00000009", "A00000010", "A99999999",
    ]  # fmt: skip
    assert labels("A", np.array([], dtype=np.int64), 8).to_pylist() == []
    assert labels("T003", np.array([12]), 4).type == pa.string()


def test_labels_agree_with_plain_formatting():
    numbers = np.random.default_rng(0).integers(0, 10**7, size=500)
    assert labels("C", numbers, 7).to_pylist() == [f"C{number:07d}" for number in numbers]


def test_nulls_are_where_they_are_asked_for():
    absent = np.array([True, False])
    assert chosen(["x", "y"], np.array([0, 1]), absent).to_pylist() == [None, "y"]
    assert whole(np.array([3.0, 4.0]), absent).to_pylist() == [None, 4]
    assert instants(np.array([0, 0]), absent).to_pylist() == [
        None,
        datetime(1970, 1, 1, tzinfo=UTC),
    ]


def test_rows_wait_until_they_are_known():
    table = pa.table({"row": [1, 2, 3], "created_timestamp": instants(np.array([10, 30, 20]))})
    known, later = split_by_knowledge(table, 20)
    assert (known["row"].to_pylist(), later["row"].to_pylist()) == ([1, 3], [2])
    everything, nothing = split_by_knowledge(table, 30)
    assert (everything.num_rows, nothing.num_rows) == (3, 0)
    assert stacked([known, later, nothing]).num_rows == 3
