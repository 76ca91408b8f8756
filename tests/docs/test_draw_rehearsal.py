"""The documents' pictures of rehearsals: drawn by a command, their figures written beside them."""

import json
import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from credit_limits.rehearsal.rivals import RIVALS
from credit_limits.rehearsal.scores import Rehearsed, scores
from credit_limits.simulation.faults import FAULT_SCENARIOS
from credit_limits.simulation.scenarios import ScenarioName
from docs import draw_rehearsal
from docs.draw_rehearsal import FIGURES, PICTURES, command, draw, figures_page, main, picture, read
from tests.conftest import ROOT
from tests.golden.rehearsal_samples import calm_result, empty_result, full_result, lone_result

SVG = "{http://www.w3.org/2000/svg}"
EXPLANATION = (ROOT / "docs" / "explanation" / "rehearsal.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "rehearse-a-policy.md").read_text(encoding="utf-8")


@pytest.fixture
def drawn(tmp_path):
    draw([calm_result(), full_result()], tmp_path / "pictures", tmp_path / "figures.md")
    return tmp_path


def linked_pictures(text: str) -> set[str]:
    return set(re.findall(r"\]\(\.\./pictures/([\w-]+\.svg)\)", text))


def test_every_picture_that_the_explanation_shows_is_drawn(drawn):
    names = {path.name for path in (drawn / "pictures").iterdir()}
    assert linked_pictures(EXPLANATION)
    assert linked_pictures(EXPLANATION) <= names


def test_a_picture_stands_on_its_own_and_asks_for_nothing(drawn):
    for path in (drawn / "pictures").iterdir():
        text = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
        assert set(re.findall(r"https?://[^\"'\s<>]+", text)) == {"http://www.w3.org/2000/svg"}
        assert "url(" not in text
        assert not list(root.iter(f"{SVG}script"))
        headline = root.find(f"{SVG}text")
        assert headline is not None
        assert headline.text


def test_a_plot_has_room_for_the_names_beside_it_and_stays_on_the_picture():
    for name, plot in draw_rehearsal.pictures(full_result()).items():
        root = ElementTree.fromstring(picture(plot))
        chart = root.find(f"{SVG}svg")
        assert chart is not None
        left, width = float(chart.get("x", "")), float(chart.get("width", ""))
        assert left + width <= float(root.get("width", "")) - (18 if name == "gain" else 180)
        assert float(chart.get("y", "")) + float(chart.get("height", "")) < float(
            root.get("height", "")
        )


def test_pictures_of_an_earlier_call_go(drawn):
    draw([calm_result()], drawn / "pictures", drawn / "figures.md")
    names = {path.name for path in (drawn / "pictures").iterdir()}
    assert names
    assert not [name for name in names if "2020" in name]
    assert "2020" not in (drawn / "figures.md").read_text(encoding="utf-8").split("##", 1)[1]


def test_two_results_of_one_scenario_would_be_one_picture(tmp_path):
    with pytest.raises(ValueError, match="same scenario"):
        draw([calm_result(), calm_result()], tmp_path, tmp_path / "figures.md")
    assert not list(tmp_path.iterdir())


def test_the_same_results_give_the_same_bytes(drawn):
    before = {path.name: path.read_bytes() for path in (drawn / "pictures").iterdir()}
    draw([calm_result(), full_result()], drawn / "pictures", drawn / "figures.md")
    assert before == {path.name: path.read_bytes() for path in (drawn / "pictures").iterdir()}


class TestFigures:
    def test_hold_what_the_pictures_show_and_the_command_that_makes_them(self):
        page = figures_page([full_result()])
        for text in (
            "tidegate rehearse --scenario 2020 --months 24 --customers 20000 --seed 7 --seeds 2 "
            "--history-months 20",
            "the platform earned 6.7 million yuan more than holding every limit",
            "| Platform | 42,511 (40,386 to 44,637) | +6,731 (5,385 to 8,078) |",
            "| Profit over rule of thumb | \N{MINUS SIGN}1,234,567 yuan | above 0 | **no** |",
            "| False alarms | not measured | at most 1 a year | not judged |",
            "| Segment: Consumer | Platform | 4,000 | 22,160 |",
            "| Expected loss | Jun 2024 | 100.00% | 19 | 0 |",
            "Each of the 10 actions occurred. Increases fall with risk: from 20.0% of the",
            "| action | A | B | C | D | E | F | G | all |",
            "| Raised | 20.0% (19,200) | 19.1% (16,080) |",
            "| Frozen | 0 (0) | 0 (0) | 0 (0) | 0 (0) | 0 (0) | 0 (0) | &lt;0.01% (1) |",
            "| Decisions | 96,000 | 84,000 |",
        ):
            assert text in page, text

    def test_leave_out_tables_that_would_be_empty(self):
        page = figures_page([lone_result()])
        assert "| policy |" in page
        assert "| score |" not in page
        assert "| cap |" not in page

    def test_are_whole_where_nothing_was_rehearsed(self):
        assert "The platform was not rehearsed." in figures_page([empty_result()])

    def test_keep_their_tables_whatever_a_text_holds(self):
        score = replace(full_result().scores[0], text="a | b\n<script>")
        page = figures_page([replace(full_result(), scores=(score,))])
        assert "a \\| b &lt;script>" in page

    def test_one_seed_needs_no_number_of_seeds(self):
        assert "--seeds" not in command(calm_result())


class TestCommand:
    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path, monkeypatch):
        monkeypatch.setattr(draw_rehearsal, "PICTURES", tmp_path / "pictures")
        monkeypatch.setattr(draw_rehearsal, "FIGURES", tmp_path / "figures.md")

    def test_draws_from_result_files(self, tmp_path, capsys):
        path = tmp_path / "result.json"
        path.write_text(json.dumps(full_result().to_plain()), encoding="utf-8")
        assert read(path) == full_result()
        main([str(path)])
        assert "rehearsal-2020-profit.svg" in capsys.readouterr().out
        assert (tmp_path / "figures.md").is_file()

    def test_asks_for_a_result_where_none_is_named(self):
        with pytest.raises(SystemExit, match="RESULT_JSON"):
            main([])

    def test_refuses_what_is_no_result(self, tmp_path):
        path = tmp_path / "other.json"
        path.write_text('{"rows": 3}', encoding="utf-8")
        with pytest.raises(ValueError, match=r"\w"):
            main([str(path)])


def test_the_figures_are_of_the_scenarios_that_are_drawn():
    page = FIGURES.read_text(encoding="utf-8")
    scenarios = set(re.findall(r"tidegate rehearse --scenario (\w+)", page))
    names = {path.name for path in PICTURES.glob("rehearsal-*.svg")}
    assert names
    assert {re.sub(r"rehearsal-(\w+?)-.*", r"\1", name) for name in names} == scenarios


def test_the_explanation_tells_every_score_and_every_policy():
    lived = Rehearsed((date(2024, 1, 31),), None, False, (), (), (), (), (0,))
    for score in scores(lived):
        assert f"| {score.name.replace('_', ' ')} |" in EXPLANATION
    for rival in RIVALS:
        assert f"| {rival.name.replace('_', ' ')}" in EXPLANATION


def test_the_how_to_names_every_scenario_and_every_set_of_faults():
    for name in (*ScenarioName, *(scenario.name for scenario in FAULT_SCENARIOS)):
        assert f"`{name}`" in HOW_TO
