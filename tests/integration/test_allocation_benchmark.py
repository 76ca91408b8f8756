"""The benchmark prints what the documents quote."""

import json
import subprocess
import sys

import pytest

from benchmarks.allocation import portfolio, relaxed_by_highs
from credit_limits.allocation.solver import allocate
from tests.conftest import ROOT


def printed(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.allocation", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_as_json():
    rows = json.loads(printed("--accounts", "1000,2000", "--caps", "2", "--json"))
    assert [row["accounts"] for row in rows] == [1000, 2000]
    for row in rows:
        assert row["gap"] <= 1e-5
        assert row["slack_min"] >= 0
        assert row["value"] <= row["highs_value"] * (1 + 1e-9)
        assert row["highs_value"] * (1 - 1e-5) <= row["value"]


def test_as_a_table():
    lines = printed("--accounts", "1000", "--caps", "2,3", "--highs-seconds", "0").splitlines()
    assert lines[0].split()[:2] == ["accounts", "caps"]
    assert [line.split()[:2] for line in lines[1:]] == [["1,000", "2"], ["1,000", "3"]]


@pytest.mark.parametrize("caps", [2, 8])
def test_the_bound_is_that_of_the_relaxation(caps):
    problem = portfolio(4_000, caps)
    certificate = allocate(problem).certificate
    _, relaxed = relaxed_by_highs(problem, 120)
    assert certificate.bound == pytest.approx(relaxed, rel=1e-6)
    assert certificate.value <= relaxed * (1 + 1e-9)
