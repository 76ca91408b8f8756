"""The rehearsal's page as its readers meet it: structure, figures, honesty about what is absent."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from credit_limits.rehearsal.result import Event, EventKind
from tests.golden.html_pages import HOSTILE, Page, contrast, poisoned
from tests.golden.rehearsal_samples import (
    calm_result,
    empty_result,
    full_result,
    lone_result,
    month_ends,
    poor_result,
)
from tidegate.adapters.html_page import TEMPLATES
from tidegate.adapters.rehearsal_page import render

RESULTS = {
    "full": full_result,
    "long": lambda: full_result(36),
    "calm": calm_result,
    "poor": poor_result,
    "lone": lone_result,
    "empty": empty_result,
}
SECTIONS = [
    "policies", "scores", "months", "actions", "events", "cohorts", "groups", "caps", "lineage",
]  # fmt: skip


def page(result) -> Page:
    return Page(render(result).decode())


def sections(html: str) -> dict[str, str]:
    found = re.findall(r'<section id="(\w+)"(.*?)</section>', html, re.DOTALL)
    return {name: Page(f"<section{body}</section>").words for name, body in found}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
class TestEveryPage:
    def test_is_whole_and_its_references_lead_somewhere(self, result):
        read = page(result())
        assert len(set(read.ids)) == len(read.ids)
        for _, attributes in read.tags:
            for target in (attributes.get("aria-labelledby") or "").split():
                assert target in read.ids
            if (attributes.get("href") or "").startswith("#"):
                assert attributes["href"][1:] in read.ids

    def test_needs_nothing_from_outside_and_runs_nothing(self, result):
        html = render(result()).decode()
        assert set(re.findall(r"https?://[^\"'\s<>]+", html)) <= {"http://www.w3.org/2000/svg"}
        assert "url(" not in html
        assert "@import" not in html
        assert "default-src 'none'" in html
        for tag, attributes in page(result()).tags:
            assert tag not in {"script", "link", "iframe", "img", "object", "form"}
            assert not [name for name in attributes if name.startswith("on") or name == "src"]

    def test_has_every_section_under_one_first_heading(self, result):
        read = page(result())
        assert [a["id"] for tag, a in read.tags if tag == "section"] == SECTIONS
        levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))

    def test_is_the_same_bytes_for_the_same_content(self, result):
        assert render(result()) == render(result())

    def test_rows_of_every_table_have_as_many_cells_as_its_head(self, result):
        for body in re.findall(r"<table>.*?</table>", render(result()).decode(), re.DOTALL):
            head, rows = body.split("</thead>")
            columns, spanned = head.count("<th scope"), 0
            for row in re.findall(r"<tr>.*?</tr>", rows, re.DOTALL):
                spans = re.findall(r'rowspan="(\d+)"', row)
                held = 1 if spanned and not spans else 0
                assert len(re.findall(r"<t[hd]\b", row)) + held == columns, row
                spanned = max((int(spans[0]) if spans else spanned) - 1, 0)

    def test_names_every_plot_and_every_table(self, result):
        html = render(result()).decode()
        plots = html.count('role="img"')
        assert html.count("<title id=") == html.count("<desc id=") == plots
        for body in re.findall(r"<table.*?</table>", html, re.DOTALL):
            assert re.search(r"<caption[^>]*>[^<]+</caption>", body)
            assert 'scope="row' in body


def test_a_plot_has_its_figures_in_a_table_of_its_section():
    html = render(full_result()).decode()
    for name, plots in [
        ("policies", 1), ("months", 5), ("actions", 11), ("events", 1), ("cohorts", 5),
        ("groups", 6), ("caps", 1),
    ]:  # fmt: skip
        body = re.findall(rf'<section id="{name}".*?</section>', html, re.DOTALL)[0]
        assert body.count('role="img"') == plots, name
        assert body.count("<table>") >= 1, name
    assert html.count('role="img"') == 30


def test_the_answer_stands_first():
    words = page(full_result()).words
    for sentence in (
        "Over 24 months the platform earned 6.7 million yuan more than holding every limit and "
        "6.6 million yuan more than the rule of thumb.",
        "2 of 3 targets met",
        "Against holding, the 95% interval across seeds is 5.4 million yuan to 8.1 million yuan.",
        "Its bad debt was 14.3 million yuan, 16.4% less than under the rule of thumb and 15.1% "
        "more than under holding.",
        "No portfolio cap was exceeded.",
        "2 promotions, 1 refusal. 0 of 2 promotions put a worse model in charge.",
        "The first alarm came 2 months after the shock.",
        "missed The platform earned 1,234,567 yuan less than the rule of thumb.",
    ):
        assert sentence in words, sentence
        assert words.index(sentence) < words.index("Policies compared")


def test_a_poor_platform_is_said_to_be_one():
    words = page(poor_result()).words
    assert "the platform earned 12.2 million yuan less than holding every limit" in words
    assert "12.4 million yuan less than the rule of thumb" in words
    assert "32.8% more than under the rule of thumb" in words
    assert "A portfolio cap was exceeded in 2 months; at worst exposure in " in words
    assert "by 4.00%" in words


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("policies", ["Hold every limit", "Oracle", "42,511", "40,386 to 44,637", "+6,731"]),
        ("policies", ["over seeds", "2.88%", "2.71% to 3.05%", "14,347", "\N{MINUS SIGN}48,000"]),
        ("scores", ["First alarm", "2 months", "at most 2 months", "met", "not judged"]),
        ("scores", ["not measured", "\N{MINUS SIGN}1,234,567", "49.6%", "over hold", "missed"]),
        ("months", ["Jan 2024", "Dec 2025", "shock", "means over 2 seeds", "1,000,000,000"]),
        ("months", ["Profit over holding", "Bad debt", "limits open", "balances owed", "30 or"]),
        ("actions", ["Each of the 10 actions occurred. Increases fall with risk: from 20.0%"]),
        ("actions", ["Closed to increases", "68,880", "420,000", "over all months of 2 worlds"]),
        ("events", ["Alarms", "on in 5 months", "14 events", "Batch refused", "Sep 2024"]),
        ("events", ["The roll rate from current to past due is 1.7 times its reference."]),
        ("cohorts", ["Observed", "True probability", "1.26%", "1.20%", "Jun 2025"]),
        ("groups", ["Micro merchant", "Lowest third", "22,160", "+375", "\N{MINUS SIGN}300"]),
        ("caps", ["Expected loss", "100.00%, binds in 19", "0.8123", "Cash loan exposure"]),
        ("lineage", ["2020", "31 July 2024", "20,000", "Seeds 7", "20 months", "rule_of_thumb"]),
    ],
)
def test_a_section_holds_its_figures(section, expected):
    words = sections(render(full_result()).decode())[section]
    for text in expected:
        assert text in words, text


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("policies", "No policy was rehearsed."),
        ("scores", "The platform was not scored."),
        ("months", "No month was lived."),
        ("actions", "No limit was decided."),
        ("events", "Nothing was noted"),
        ("cohorts", "No cohort's six months were lived to their end."),
        ("groups", "No figures by group were kept."),
        ("caps", "No use of a cap was recorded."),
        ("lineage", "never"),
    ],
)
def test_what_is_not_there_is_said(section, expected):
    assert expected in sections(render(empty_result()).decode())[section]


def test_a_platform_alone_is_compared_with_nobody():
    words = page(lone_result()).words
    assert "Over 1 month the platform earned 1.7 million yuan." in words
    assert "Against holding" not in words
    assert "Profit over holding, cumulated" not in words
    assert "not scored" in words


def test_in_calm_there_is_no_shock_to_find():
    words = page(calm_result()).words
    assert "No alarm, and no shock to find." in words
    assert "across customers" in words
    assert "Faults put in" not in words


def test_many_events_are_folded_away_and_few_are_not():
    notices = tuple(
        Event(end, EventKind.NOTICE, f"Notice {number}.")
        for end in month_ends(24)
        for number in (1, 2)
    )
    folded = render(replace(full_result(), events=notices)).decode()
    assert '<details class="log">' in folded
    assert "48 events" in folded
    assert '<details class="log" open>' in render(full_result()).decode()


def test_text_from_data_stays_text():
    html = render(poisoned(full_result())).decode()
    assert HOSTILE not in html
    read = Page(html)
    assert HOSTILE in " ".join(read.text)
    assert not [tag for tag, _ in read.tags if tag in {"script", "img"}]


PALETTES = [
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(
        r":root \{(.*?)\}", (TEMPLATES / "charts.css").read_text(encoding="utf-8"), re.DOTALL
    )
]
LINES = ["platform", "stay", "rule-of-thumb", "observational", "oracle", "other"]


@pytest.mark.parametrize("palette", PALETTES[:2], ids=["light", "dark"])
@pytest.mark.parametrize("line", LINES)
def test_lines_stand_out_from_the_page(palette, line):
    assert contrast(palette[line], palette["page"]) >= 3.0


def test_lines_differ_without_their_colours_too():
    css = (TEMPLATES / "charts.css").read_text(encoding="utf-8")
    rules = re.findall(r"\.line\.of-(\w+) \{ (.*?) \}", css)
    assert len(rules) == len(LINES)
    assert len({drawn for _, drawn in rules}) == len(LINES)
