"""The page as its readers meet it: structure, figures, honesty where something is missing."""

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from credit_limits.domain.decision import Action
from tests.golden.html_pages import HOSTILE, Page, contrast, poisoned
from tests.golden.report_samples import (
    CERTIFICATE,
    MERKLE_ROOT,
    decisions,
    empty_report,
    full_report,
    refused_report,
)
from tidegate.adapters.cycle_report_decisions import RulesInForce
from tidegate.adapters.cycle_report_model import GateCheck, OverrideLine
from tidegate.adapters.html_page import TEMPLATES
from tidegate.adapters.report_page import render
from tidegate.adapters.report_wording import ACTION_NAMES

REPORTS = {"full": full_report, "empty": empty_report, "refused": refused_report}


def page(report) -> Page:
    return Page(render(report).decode())


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
class TestEveryPage:
    def test_is_whole_and_its_references_lead_somewhere(self, report):
        read = page(report())
        assert len(set(read.ids)) == len(read.ids)
        for _, attributes in read.tags:
            for name in ("aria-labelledby", "aria-describedby"):
                for target in (attributes.get(name) or "").split():
                    assert target in read.ids
            if (attributes.get("href") or "").startswith("#"):
                assert attributes["href"][1:] in read.ids

    def test_needs_nothing_from_outside_and_runs_nothing(self, report):
        html = render(report()).decode()
        addresses = set(re.findall(r"https?://[^\"'\s<>]+", html))
        assert addresses <= {"http://www.w3.org/2000/svg"}
        assert "url(" not in html
        assert "@import" not in html
        for tag, attributes in page(report()).tags:
            assert tag not in {"script", "link", "iframe", "img", "object", "form"}
            assert not [name for name in attributes if name.startswith("on") or name == "src"]

    def test_says_its_language_its_character_set_and_its_width(self, report):
        html = render(report()).decode()
        assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
        assert '<meta charset="utf-8">' in html
        assert 'content="width=device-width, initial-scale=1"' in html
        assert "default-src 'none'" in html

    def test_has_one_first_heading_and_skips_no_level(self, report):
        levels = [int(tag[1]) for tag, _ in page(report()).tags if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels))

    def test_has_every_section(self, report):
        read = page(report())
        headings = {attributes["id"] for tag, attributes in read.tags if tag == "section"}
        assert headings == {
            "decisions", "reasons", "caps", "portfolio", "model", "gate", "drift", "quality",
            "lineage",
        }  # fmt: skip

    def test_is_the_same_bytes_for_the_same_content(self, report):
        assert render(report()) == render(report())


def sections(html: str) -> dict[str, str]:
    found = re.findall(r'<section id="(\w+)".*?</section>', html, re.DOTALL)
    bodies = re.findall(r'<section id="\w+"(.*?)</section>', html, re.DOTALL)
    return dict(zip(found, bodies, strict=True))


def test_every_plot_is_told_in_words_and_has_its_figures_in_a_table():
    html = render(full_report()).decode()
    figures = re.findall(r'<div class="(?:split|stack)">(.*?)</table>', html, re.DOTALL)
    plots = html.count('role="img"')
    assert plots == 6 + len(Action)
    assert sum(body.count('role="img"') for body in figures) == plots
    assert all(body.count("<table>") == 1 for body in figures)
    assert html.count("<title id=") == html.count("<desc id=") == plots
    outside = re.sub(r'<svg class="chart".*?</svg>', "", html, flags=re.DOTALL)
    assert all('aria-hidden="true"' in tag for tag in re.findall(r"<svg[^>]*>", outside))


def test_every_action_is_told_by_grade_in_its_order_and_as_0_where_it_did_not_occur():
    html = render(full_report()).decode()
    table = re.findall(r'<caption class="heard">Actions by grade of risk.*?</table>', html, re.S)[0]
    rows = dict(re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', table))
    assert list(rows) == [*(ACTION_NAMES[action] for action in Action), "Decisions"]
    assert re.findall(r'<td class="num">(.*?)</td>', rows["Raised"]) == [
        "69.3%<small>700</small>",
        "0",
        "35.0%<small>700</small>",
    ]
    for action in ("Frozen", "Unfrozen", "Term extended", "Rate changed", "Referred"):
        assert re.findall(r'<td class="num">(.*?)</td>', rows[action]) == ["0", "0", "0"]
    words = page(full_report()).words
    assert "Increases fall with risk: from 69.3% of the decisions about grade A to none of" in words


def test_every_table_names_itself_and_its_columns():
    for body in re.findall(r"<table.*?</table>", render(full_report()).decode(), re.DOTALL):
        assert re.search(r"<caption[^>]*>[^<]+</caption>", body)
        assert 'scope="col"' in body or 'class="kv"' in body
        assert 'scope="row' in body


def test_rows_of_every_table_have_as_many_cells_as_its_head():
    for body in re.findall(r"<table>.*?</table>", render(full_report()).decode(), re.DOTALL):
        head, rows = body.split("</thead>")
        columns = head.count("<th scope")
        spanned = 0
        for row in re.findall(r"<tr>.*?</tr>", rows, re.DOTALL):
            if spans := re.findall(r'rowspan="(\d+)"', row):
                spanned = int(spans[0])
            cells = len(re.findall(r"<t[hd]\b", row))
            cells += sum(int(more) - 1 for more in re.findall(r'colspan="(\d+)"', row))
            cells += 1 if spanned and not spans else 0
            spanned = max(spanned - 1, 0)
            assert cells == columns, row


def test_the_answer_stands_first_with_the_model_and_its_certificate():
    words = page(full_report()).words
    assert "Of 2,000 limits, 700 rise and 90 fall." in words
    assert "Together they grow by 450,000 yuan (4.5%)." in words
    assert "certified" in words
    assert "Decided by default_risk version 2, which passed 2 of 2 checks." in words
    assert words.index("Of 2,000 limits") < words.index("Portfolio")


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("decisions", ["Pay later", "Cash loan", "1,600", "+400,000", "\N{MINUS SIGN}150,000"]),
        ("decisions", ["5,000 to below 10,000", "20,000 and more", "\N{MINUS SIGN}100"]),
        ("decisions", ["acct-17", "+20,000", "acct-18", "\N{MINUS SIGN}15,000"]),
        ("decisions", ["Pay-later limits by use", "Cash", "1,010", "4.9%", "97.0%", "3.2%"]),
        ("reasons", ["A higher limit earns more than it costs.", "520"]),
        ("reasons", ["Rules of law, rulebook/CN-bank/2023-07-01", "cn-past-due", "613", "615"]),
        ("reasons", ["not evaluated: column absent: share"]),
        (
            "reasons",
            ["Notices and reminders due", "Adverse 7 February 2024 90", "no day by law 700"],
        ),
        ("caps", ["Expected loss", "800,000", "799,900", "0.8123", "99.99% used", "0.0031%"]),
        ("caps", ["Changed limits, number of changes", "900", "790", "110", "2.5000"]),
        ("caps", ["Merchants keep up", "800.13", "1,000.00", "80.0%", "0.13", "7.2500"]),
        ("caps", ["Binding: expected loss, changed limits, merchants keep up."]),
        ("portfolio", ["1,600", "8,000,000", "40.0%", "80.0%", "not known"]),
        ("model", ["AUC", "0.7853", "0.7753 to 0.7953", "0.7702", "+0.0151", "21,000", "22.1%"]),
        (
            "model",
            [
                "Calibration slope",
                "not measured",
                "Cross-validation, 5 folds of 27,000 labelled rows",
                "0.7848",
            ],
        ),
        (
            "gate",
            ["cleared", "AUC low", "0.7711", "at least 0.7", "Also measured: Rows 6,000", "passed"],
        ),
        (
            "drift",
            [
                "notice",
                "0.142",
                "0.1%",
                "34 columns",
                "PSI 0.131",
                "not judged",
                "one figure for all",
                "alarm Of 1,602 accounts that owed something",
                "brake applied no increases of cash_loan since 2024-01-31",
                "brake open no increases of pay_later since 2023-12-31",
                "drift/2024-01-31-0123.html",
            ],
        ),
        ("quality", ["30,000 source lines read: 29,998 accepted, 2 in quarantine."]),
        (
            "quality",
            [
                "AGE must not be empty",
                "ID=3",
                "empty",
                "87 expectations, 1 not met",
                "A month has 30 days.",
            ],
        ),
        ("lineage", [CERTIFICATE, MERKLE_ROOT, "statements\N{NO-BREAK SPACE}3", "ab" * 32]),
    ],
)
def test_a_section_holds_its_figures(section, expected):
    body = sections(render(full_report()).decode())[section]
    words = Page(f"<section{body}</section>").words
    for text in expected:
        assert re.sub(r"\s", " ", text) in words, text


def test_a_cycle_that_owes_nobody_anything_says_so():
    report = replace(full_report(), decisions=replace(decisions(), due=()))
    body = sections(render(report).decode())["reasons"]
    assert "Nobody is owed a notice or a reminder." in body


def test_a_rule_book_without_rules_is_said_and_none_at_all_is_not():
    def reasons(rule_book):
        made = decisions()
        batches = (replace(made.batches[0], rule_book=rule_book),)
        report = replace(full_report(), decisions=replace(made, batches=batches))
        return sections(render(report).decode())["reasons"]

    empty = RulesInForce("rulebook/CN-bank/no-rule-yet", ())
    assert "No rule of law was in force for the lender on this date." in reasons(empty)
    assert "Rules of law" not in reasons(None)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("decisions", "No limit was decided for this date."),
        ("reasons", "No decisions, so no reasons."),
        ("caps", "No allocation was made"),
        ("portfolio", "No account was known at this date."),
        ("model", "No model was trained yet."),
        ("gate", "No version has been judged yet."),
        ("drift", "No drift verdict yet for this date."),
        ("quality", "No batch came in since the cycle before."),
        ("lineage", "The ledger holds no entry for this cycle."),
    ],
)
def test_what_is_not_there_is_said(section, expected):
    assert expected in sections(render(empty_report()).decode())[section]


def test_drift_without_first_misses_brakes_or_a_page_says_nothing_of_them():
    bare = replace(full_report().drift, first_misses=None, brakes=(), report="")
    words = page(replace(full_report(), drift=bare)).words
    for said in ("owed something", "brake applied", "Evidently"):
        assert said in page(full_report()).words
        assert said not in words


def test_a_refusal_is_said_with_its_reason():
    words = page(refused_report()).words
    assert "No limit moves: the run refused to decide." in words
    assert "no certified champion; run tidegate promote" in words
    assert "default_risk version 2 passed 1 of 3 checks" in words
    assert "It decides nothing, and the champion before it stays." in words
    assert "no evidence: nothing recomputed" in words
    assert "auc_low is too low: train on more cohorts" in words
    assert "There was no champion before this version" in words
    assert "column AGE is missing" in words
    assert "refused whole" in words


def test_an_override_is_listed_wherever_the_gate_is_told_of():
    words = "overridden until 2024-03-01 by Li and Zhao: a thin year; found: slope 0.7"
    answered = GateCheck("calibration", False, (), words, overridden=True)
    gate = replace(full_report().gate, checks=(answered,))
    held = OverrideLine("calibration", "3", ("Li", "Zhao"), date(2024, 3, 1), "a thin year")
    report = replace(full_report(), gate=gate, overrides=(held,))
    body = sections(render(report).decode())["gate"]
    assert "people answer for calibration" in body
    assert "Li and Zhao answer for that until 1 March 2024: a thin year" in body
    assert words in body


def test_a_check_that_was_dispensed_with_says_until_when_and_why():
    words = "dispensed with until 2027-12-31 by model risk: none is drawn"
    without = GateCheck("policy_value", False, (), words, dispensed=True)
    report = full_report()
    judged = replace(report.gate, checks=(*report.gate.checks, without))
    body = sections(render(replace(report, gate=judged)).decode())["gate"]
    assert words in body
    assert "was dispensed with policy value" in body
    assert body.count("refused") == sections(render(report).decode())["gate"].count("refused")


def test_text_from_data_stays_text():
    report = poisoned(full_report())
    html = render(report).decode()
    assert HOSTILE not in html
    assert "<script" not in html
    assert "<img" not in html
    read = Page(html)
    assert HOSTILE in " ".join(read.text)
    assert not [tag for tag, _ in read.tags if tag in {"script", "img"}]


def test_a_batch_of_no_decisions_divides_by_nothing():
    nobody = decisions().total
    nobody = type(nobody)(nobody.name, tuple((a, 0) for a, _ in nobody.actions), 0, 0)
    none = replace(
        decisions(), total=nobody, by_product=(), by_grade=(), largest_increases=(),
        largest_decreases=(), reasons=(),
    )  # fmt: skip
    words = page(replace(full_report(), decisions=none)).words
    assert "Of 0 limits, 0 rise and 0 fall." in words
    assert "Largest increases: there were none." in words


PALETTES = [
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(
        r":root \{(.*?)\}",
        (TEMPLATES / "charts.css").read_text(encoding="utf-8"),
        re.DOTALL,
    )
]


@pytest.mark.parametrize("palette", PALETTES[:2], ids=["light", "dark"])
class TestColours:
    @pytest.mark.parametrize(
        ("text", "ground"),
        [
            ("ink", "page"), ("soft", "page"), ("ink", "panel"), ("accent", "page"),
            ("good", "good-back"), ("bad", "bad-back"), ("warn", "warn-back"),
            ("soft", "mute-back"), ("bad", "page"),
        ],
    )  # fmt: skip
    def test_text_can_be_read(self, palette, text, ground):
        assert contrast(palette[text], palette[ground]) >= 4.5

    @pytest.mark.parametrize("mark", ["increase", "decrease", "close", "accent", "dpd4", "bad"])
    def test_what_a_plot_draws_stands_out(self, palette, mark):
        assert contrast(palette[mark], palette["page"]) >= 3.0
