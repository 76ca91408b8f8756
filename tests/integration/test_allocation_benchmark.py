"""The benchmark prints what the documents quote; its book is one problem to every solver."""

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.allocation import line, measure
from benchmarks.allocation_book import book
from credit_limits.allocation.solver import solve_accounts
from tests.conftest import ROOT


def printed(*arguments: str, module: str = "benchmarks.allocation") -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_row_says_how_near_and_at_what_cost():
    row = measure(2_000, 8)
    assert (row.accounts, row.caps) == (2_000, 8)
    assert 0 <= row.gap == (row.bound - row.value) / row.bound <= 2e-5
    assert row.slack_min >= 0
    assert row.passes <= 25
    assert min(row.pass_cpu, row.pass_over_reading, row.written_pass_over_reading) > 0


def test_the_bound_is_that_of_the_relaxation():
    problem = book(1_000, 8)
    found = solve_accounts(problem, [f"cap_{place}" for place in range(8)])
    relaxed = json.loads(
        printed("highs-ipm", "1000", "8", "60", module="benchmarks.allocation_peers")
    )
    assert relaxed["finished"]
    assert found.bound == pytest.approx(relaxed["value"], rel=1e-6)


def test_a_book_is_the_same_under_any_caps_and_they_bind():
    many, few = book(1_000, 20), book(1_000, 8)
    assert (many.parameters.figures == few.parameters.figures).all()
    free = many.at(np.zeros(20)).usage
    assert (free > many.bounds).sum() > 10


def test_as_a_table_and_as_json():
    arguments = ("--accounts", "1000", "--caps", "3")
    (row,) = json.loads(printed(*arguments, "--peer-seconds", "0", "--json"))
    assert (row["accounts"], row["caps"], row["peers"]) == (1_000, 3, [])
    row["peers"] = [
        {"solver": "highs-ipm", "cpu": 3 * row["cpu"], "finished": True, "absent": False},
        {"solver": "highs-pdlp", "cpu": 60 * row["cpu"], "finished": False, "absent": False},
        {"solver": "ortools-pdlp", "cpu": 0.0, "finished": False, "absent": True},
    ]
    cells = line(row)
    assert cells.split()[:2] == ["1,000", "3"]
    assert "CPU s, 3 x " in cells
    assert "CPU s, >60 x " in cells
    assert cells.endswith("not installed")
