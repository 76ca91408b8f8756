"""The benchmark of the watch prints what the documents quote, and its shortcut is honest."""

import json

import numpy as np
import pytest

from benchmarks.drift_rates import (
    QUICK,
    _thresholds,
    decile_psi,
    main,
    speed,
)
from benchmarks.drift_results import Rate
from benchmarks.drift_samples import columns_of, draw_histograms, draw_reference, frame_of
from monitoring.drift import histograms_of
from monitoring.reference import build_reference


def test_as_json_and_as_tables(capsys):
    parts = "power,days_together,speed"
    main(["--quick", "--json", "--only", parts])
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"columns", "stated", *parts.split(",")}
    assert {row["rows"] for row in report["power"]} == {10**k for k in range(3, 8)}
    none, most = report["power"][0], report["power"][-1]
    assert (none["shift"], none["certain"]) == (0.0, 0.0)
    assert (most["certain"], most["notice"], most["alarm"]) == (1.0, 1.0, 1.0)
    permuted = [row for row in report["days_together"] if row["what"].startswith("days")]
    assert all(row["within"] for row in permuted)
    main(["--quick", "--only", "speed"])
    assert "indicators x 100,000 rows" in capsys.readouterr().out


def test_the_law_gives_what_counted_rows_give():
    """Mean and spread of each bin, over many draws of both, of a column of deciles and of codes."""
    columns, random = columns_of(4), np.random.default_rng(1)
    law, counted = [], []
    for _ in range(150):
        drawn = draw_reference(columns, 300, random)
        now = draw_histograms(columns, drawn, 300, random)
        law.append([now[column.name].counts[0] for column in columns])
        reference = build_reference(frame_of(columns, 300, random), [c.name for c in columns])
        rows = histograms_of(reference, frame_of(columns, 300, random))
        counted.append([rows[column.name].counts[0] for column in columns])
    law, counted = np.array(law), np.array(counted)
    spread = counted.std(axis=0)
    assert np.abs(law.mean(axis=0) - counted.mean(axis=0)).max() <= 0.5 * spread.max()
    assert law.std(axis=0) == pytest.approx(spread, rel=0.3)


def test_a_rate_is_within_where_its_interval_reaches_the_level():
    assert Rate("calm", 1_000, 8, 1_000, 0.005).within
    assert not Rate("calm", 1_000, 20, 1_000, 0.005).within
    assert Rate("peer", 1_000, 20, 1_000, None).within is None
    assert Rate("calm", 1_000, 0, 100, 0.05).low == 0.0
    assert Rate("calm", 1_000, 100, 100, 0.05).high == 1.0


def test_psi_of_a_shift():
    assert decile_psi(0.0) == pytest.approx(0.0)
    assert decile_psi(0.5) == pytest.approx(0.238, abs=0.001)


def test_speed_counts_every_row():
    (found,) = speed(_thresholds(), QUICK)
    assert (found.indicators, found.rows) == (QUICK.indicators, QUICK.indicator_rows)
    assert min(found.generated, found.counted, found.judged, found.elapsed) >= 0.0
