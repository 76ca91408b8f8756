"""A step: said when it begins, finished when it ends, failed when it fails."""

import re

import pytest

from credit_limits.domain.errors import DataMissing
from flows import steps


def test_a_step_is_named_before_it_is_done(capsys):
    with steps.said("ingest") as line:
        assert capsys.readouterr().out.strip() == "ingest"
        line.rows, line.detail = 30_000, "29,998 accepted"
    assert re.fullmatch(r" +30,000 rows +0\.0 s  29,998 accepted\n", capsys.readouterr().out)


def test_rows_that_a_step_does_not_handle_leave_their_place_empty(capsys):
    with steps.said("report"):
        pass
    assert re.fullmatch(r"report {30,}0\.0 s\n", capsys.readouterr().out)


def test_a_step_that_fails_says_so_and_goes_on_failing(capsys):
    with pytest.raises(DataMissing), steps.said("watch"):
        raise DataMissing("no features")
    assert re.fullmatch(r"watch +0\.0 s  failed\n", capsys.readouterr().out)


def test_lines_of_a_cycle_stand_in_columns(capsys):
    for name, rows in (("ingest", 5), ("materialize", 1_234_567)):
        with steps.said(name) as line:
            line.rows = rows
    first, second = capsys.readouterr().out.splitlines()
    assert first.index(" rows") == second.index(" rows")
    assert len(first) == len(second)
