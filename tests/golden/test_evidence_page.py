"""The evidence pack as who must sign it meets it: what is asked, what is unusual, every check."""

import json
import re

import pytest

from credit_limits.domain.digest import canonical_json
from credit_limits.gates.result import CheckName
from tests.golden.evidence_samples import bare_pack, full_pack, refused_pack
from tests.golden.html_pages import HOSTILE, Page, poisoned
from tidegate.adapters.evidence_page import render
from tidegate.adapters.evidence_wording import ASKS

PACKS = {"full": full_pack, "refused": refused_pack, "bare": bare_pack}


def page(pack) -> Page:
    return Page(render(pack).decode())


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
class TestEveryPage:
    def test_is_whole_and_its_references_lead_somewhere(self, pack):
        read = page(pack())
        assert len(set(read.ids)) == len(read.ids)
        for _, attributes in read.tags:
            for target in (attributes.get("aria-labelledby") or "").split():
                assert target in read.ids
            if (attributes.get("href") or "").startswith("#"):
                assert attributes["href"][1:] in read.ids

    def test_needs_nothing_from_outside_and_runs_nothing(self, pack):
        html = render(pack()).decode()
        assert set(re.findall(r"https?://[^\"'\s<>]+", html)) <= {"http://www.w3.org/2000/svg"}
        assert "url(" not in html
        for tag, attributes in page(pack()).tags:
            assert tag not in {"script", "link", "iframe", "img", "object", "form"}
            assert not [name for name in attributes if name.startswith("on") or name == "src"]

    def test_has_every_check_with_its_question_and_its_verdict(self, pack):
        words = page(pack()).words
        for number, check in enumerate(CheckName, 1):
            assert f"{number}. {check.replace('_', ' ').capitalize()}" in words
            assert ASKS[check] in words

    def test_is_the_same_from_the_same_pack(self, pack):
        assert render(pack()) == render(pack())
        assert json.loads(canonical_json(pack().as_plain()))["version"] == "4"


def test_the_top_says_what_is_asked_and_what_to_weigh():
    words = page(full_pack()).words
    assert (
        "The gate cleared it: 14 of 15 checks passed and 1 overridden. cleared As champion "
        "it decides the limits of 5,000 open accounts" in words
    )
    assert "What is asked of you Nothing more: it is promoted" in words
    assert "tidegate roll-back --version 3 --reason WHY" in words
    for unusual in (
        "overridden performance: until 2024-03-01 by Li and Zhao: the winter cohort is small;",
        "looser threshold performance.auc_low_floor ask for less than in default_risk/2004-01-01. "
        "The older thresholds refuse: performance",
    ):
        assert unusual in words


def test_a_refusal_says_why_nothing_can_be_signed():
    words = page(refused_pack()).words
    assert "The gate refuses it: 2 of 15 checks did not pass, time and performance." in words
    assert "As champion it would decide the limits of 5,000 open accounts" in words
    assert "Nothing can be signed: time cannot be overridden." in words
    assert "refused performance: auc_low 0.66 must be >= 0.7" in words


def test_each_figure_stands_beside_its_threshold_interval_and_reason():
    words = page(full_pack()).words
    assert "KS 0.42 0.4 to 0.44 at least 0.3 lower end at the best cut-off the share of" in words
    assert "unit: share, lower end of 95 %" in words
    assert "Also measured: rows 6,000" in words


def test_the_rest_of_the_pack_is_there():
    words = page(full_pack()).words
    for said in (
        "Version 4 Version 3 Difference",
        "AUC 0.7810 0.7700 to 0.7900 0.7790 0.7680 to 0.7880 +0.0020",
        "sex blocking: unlawful female 2,500 10.0% 10.8% 7,000 0.52 male 2,400",
        "statements 7 420,000 31 December 2022 31 January 2024 35",
        "90 days past due or more, or charged off, within 6 months; from statements",
        "Nulls in statements fees_minor 25.0%",
        "assumed of the source: amounts are in new dollars",
        "It drives limits once it has cleared the gate.",
        "cohort accounts 2023-12-31 3,000",
        "Sex is no input.",
        "overrode a check Li 2024-02-01 12:00 0000000000000000 performance until 2024-03-01: thin",
        "Software bill of materials (CycloneDX 1.6) gate/sbom.cdx.json",
        "No entry of the ledger was altered tidegate ledger verify",
    ):
        assert said in words, said


def test_what_is_not_kept_is_said():
    words = page(bare_pack()).words
    for said in (
        "As champion it decides every credit limit of the portfolio.",
        "first champion no champion stood before it",
        "The ledger holds no training of this version.",
        "The scored test rows of this version are not kept.",
        "Nothing is known of any group, or the evidence is not kept.",
        "No data sheet is kept with this version.",
        "No model card is kept with this version.",
        "The ledger holds no entry of this version.",
        "is of a later judgement, or gone",
    ):
        assert said in words, said


def test_text_from_data_stays_text():
    html = render(poisoned(full_pack())).decode()
    assert "<script>" not in html
    assert "<img" not in html
    assert HOSTILE not in html
