"""Evidently's page beside our verdict, with the inputs that it cannot take by itself."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.drift_rates import evidently_defaults
from benchmarks.drift_samples import columns_of, frame_of
from credit_limits.domain.periods import end_of_day
from monitoring.drift import drift_verdict
from monitoring.reference import build_reference
from monitoring.thresholds import DriftLevel
from tests.gate_samples import drift_thresholds
from tidegate.adapters.drift_report import render_drift_report

AT = end_of_day(date(2024, 1, 31))
COLUMNS = ["income", "days", "turned_null", "never_known", "constant", "spiked", "gone"]


def portfolio(seed: int, rows: int = 3000) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": random.lognormal(9, 0.5, rows),
            "days": random.choice([0.0, 30.0], rows, p=[0.9, 0.1]),
            "turned_null": random.normal(size=rows),
            "never_known": np.full(rows, np.nan),
            "constant": np.full(rows, 5.0),
            "spiked": random.normal(size=rows),
            "gone": random.normal(size=rows),
        }
    )


@pytest.fixture(scope="module")
def now() -> pd.DataFrame:
    frame = portfolio(2).drop(columns="gone")
    frame.loc[np.random.default_rng(3).random(len(frame)) < 0.8, "turned_null"] = np.nan
    frame.loc[5, "spiked"] = np.inf
    return frame


@pytest.fixture(scope="module")
def rendered(now, tmp_path_factory):
    path = tmp_path_factory.mktemp("reports") / "drift" / "2024-01-31.html"
    return render_drift_report(portfolio(1), now, COLUMNS, path, at=AT, seed=7)


def test_the_page_is_there_and_says_what_it_left_out(rendered):
    text = rendered.path.read_text(encoding="utf-8")
    assert "<html" in text
    assert "turned_null" in text
    assert list(rendered.path.parent.iterdir()) == [rendered.path]
    assert rendered.left_out == ("never_known", "gone")
    assert list(rendered.psi) == ["income", "days", "turned_null", "constant", "spiked"]
    assert all(np.isfinite(value) for value in rendered.psi.values())


def test_our_verdict_alarms_where_evidently_sees_no_drift(rendered, now):
    verdict = drift_verdict(build_reference(portfolio(1), COLUMNS), now, drift_thresholds())
    found = {column.name: column for column in verdict.columns}
    assert rendered.psi["turned_null"] < 0.1
    assert found["turned_null"].level is DriftLevel.ALARM
    assert found["gone"].level is DriftLevel.ALARM
    assert found["income"].level is DriftLevel.NONE
    assert rendered.psi["income"] < 0.1


def test_a_large_frame_is_sampled_and_the_same_each_time(tmp_path):
    large = pd.DataFrame({"income": np.random.default_rng(4).normal(size=150_000)})
    first, second = (
        render_drift_report(large, large + 0.2, ["income"], tmp_path / name, at=AT, seed=7)
        for name in ("a.html", "b.html")
    )
    assert (first.rows_reference, first.rows_now) == (100_000, 100_000)
    assert first.psi == second.psi
    assert first.psi["income"] > 0.02


def test_nothing_to_show_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no column has values both"):
        render_drift_report(
            portfolio(1), portfolio(2), ["never_known"], tmp_path / "x.html", at=AT, seed=7
        )
    assert not (tmp_path / "x.html").exists()


def test_the_benchmark_asks_evidently_by_its_defaults():
    """Above a thousand rows that is a distance, which has no level to hold."""
    columns, random = columns_of(3), np.random.default_rng(4)
    before, after = (frame_of(columns, 1_500, random) for _ in range(2))
    assert evidently_defaults(before, after) == (0, 0.0)
    moved = after.assign(score=after["score"] + 1)
    assert evidently_defaults(before, moved) == (1, pytest.approx(1 / 3))
