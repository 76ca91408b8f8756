"""The benchmark on any flat CSV file, and its figures on the two public sets."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.default_risk import main, read_csv
from credit_limits.domain.errors import InputError
from tests.conftest import ROOT


def flat_csv(folder: Path) -> Path:
    """An index without a name, text, an empty cell, and names that LightGBM would not take."""
    random = np.random.default_rng(0)
    risk = random.normal(size=1500)
    frame = pd.DataFrame(
        {
            "late: days [30+]": np.where(random.random(1500) < 0.1, np.nan, risk),
            "job": random.choice(["cook", "smith", "none"], 1500),
            "id": np.arange(1500),
            "bad": (random.random(1500) < 1 / (1 + np.exp(1.5 - 1.5 * risk))).astype(int),
        }
    )
    path = folder / "flat.csv.gz"
    with gzip.open(path, "wt") as file:
        frame.to_csv(file)
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_any_flat_file_is_cross_validated(tmp_path, capsys):
    path = flat_csv(tmp_path)
    found = printed(capsys, "--csv", str(path), "--label", "bad", "--drop", "id", "--folds", "3")
    assert found["rows"] == 1500
    assert found["columns"] == ["late: days [30+]", "job"]
    assert len(found["auc_by_fold"]) == 3
    for name in ("auc", "ks", "ece"):
        assert found[name]["low"] <= found[name]["mean"] <= found[name]["high"]
    assert 0.7 < found["auc"]["mean"] < 0.9


def test_text_is_coded_and_empty_is_not_known(tmp_path):
    features, label, names = read_csv(flat_csv(tmp_path), "bad", ["id"])
    assert names == ["late: days [30+]", "job"]
    assert features.dtype == np.float64
    assert np.isnan(features[:, 0]).sum() > 100
    assert set(np.unique(features[:, 1])) == {0.0, 1.0, 2.0}
    assert label.dtype == np.bool_


def test_it_runs_as_a_module_and_prints_for_people(tmp_path):
    path = flat_csv(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.default_risk", "--csv", path, "--label", "bad"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "auc  0." in done.stdout
    assert "mean over 5 folds" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--label", "absent"], "has no columns"),
        (["--label", "bad", "--drop", "absent"], "has no columns"),
        (["--label", "id"], "must be 0 or 1"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path, capsys, arguments, told):
    assert main(["--csv", str(flat_csv(tmp_path)), *arguments]) == InputError.exit_code
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00broken"])
def test_a_file_that_is_no_csv_is_said(tmp_path, capsys, content):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    assert main(["--csv", str(path), "--label", "bad"]) == InputError.exit_code
    assert "cannot be read as CSV" in capsys.readouterr().err


def test_taiwan_reaches_its_figures(taiwan_csv, capsys):
    found = printed(
        capsys,
        *("--csv", str(taiwan_csv), "--label", "default.payment.next.month", "--drop", "ID"),
    )
    assert found["auc"]["mean"] >= 0.785
    assert found["ks"]["mean"] >= 0.43
    assert found["ece"]["mean"] <= 0.01


def test_give_me_some_credit_reaches_its_figures(gmsc_csv, capsys):
    """Two folds, so that the test is quick; five are no worse."""
    found = printed(capsys, "--csv", str(gmsc_csv), "--label", "SeriousDlqin2yrs", "--folds", "2")
    assert found["auc"]["mean"] >= 0.865
    assert found["ks"]["mean"] >= 0.57
    assert found["ece"]["mean"] <= 0.01
