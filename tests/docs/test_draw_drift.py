"""The pictures and the page of the watch: drawn by a command from what the benchmark printed."""

import json
import re
from xml.etree import ElementTree

import pytest

from docs import draw_drift
from tests.conftest import ROOT

POWER = [
    {"shift": shift, "psi": shift**2, "rows": rows, "certain": c, "notice": c, "alarm": a}
    for rows in (1_000, 1_000_000)
    for shift, c, a in ((0.0, 0.0, 0.0), (0.4, 1.0, 0.0), (0.8, 1.0, 1.0))
]
REPORT = {"columns": 40, "stated": {"notice": 0.05, "alarm": 0.005}, "power": POWER}
SVG = "{http://www.w3.org/2000/svg}"


def test_the_pictures_are_those_that_the_explanation_shows(tmp_path):
    drawn = draw_drift.draw(REPORT, tmp_path / "pictures", tmp_path / "figures.md")
    names = {path.name for path in drawn if path.suffix == ".svg"}
    text = (ROOT / "docs" / "explanation" / "watching.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(\.\./pictures/([\w-]+\.svg)\)", text)) == names
    for path in drawn[:-1]:
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        assert len(list(root.iter(f"{SVG}polyline"))) == 2
        assert "1,000,000 rows" in "".join(root.itertext())


def test_the_page_quotes_the_benchmark_and_several_results_are_taken_together(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(draw_drift, "PICTURES", tmp_path)
    monkeypatch.setattr(draw_drift, "FIGURES", tmp_path / "figures.md")
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(json.dumps({**REPORT, "power": []}), encoding="utf-8")
    other.write_text(json.dumps(REPORT), encoding="utf-8")
    draw_drift.main([str(one), str(other)])
    page = (tmp_path / "figures.md").read_text(encoding="utf-8")
    assert "   1,000,000       0.40   0.160    1.000   1.000   0.000" in page
    assert capsys.readouterr().out.count("wrote") == 3


def test_without_a_result_it_says_what_to_name():
    with pytest.raises(SystemExit, match="name what the benchmark printed"):
        draw_drift.main([])
