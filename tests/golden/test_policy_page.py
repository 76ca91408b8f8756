"""The page of a simulated policy: whole, honest about caps that one side lacks, safe."""

import re
from dataclasses import replace
from datetime import date

import pytest

from credit_limits.decision_changes import compare
from credit_limits.decisions import decide
from tests.decision_samples import portfolio_of, shipped_policy
from tests.golden.html_pages import HOSTILE, Page
from tests.pages_in_browser import OVERLAPS, opened
from tidegate.adapters.policy_page import CapSides, PolicySimulation, RatioSides, Welfare, render

ACCOUNTS = portfolio_of(
    {},
    {"product": "cash_loan", "segment": None},
    {"days_past_due_latest": 45.0, "segment": "micro_merchant"},
    {"pd": 0.4},
)
CAPS = (
    CapSides("exposure", (1e8, 9e7, 1e7, 0.0), (1e8, 1e8, 0.0, 0.0123)),
    CapSides("cash_loan_exposure", None, (0.0, 0.0, 0.0, 0.0)),
    CapSides("changed_limits", (2.0, 1.0, 1.0, 0.0), (1.0, 1.0, 0.0, 250.0), "changes"),
)
RATIOS = (RatioSides("merchants_keep_up", None, (80_012.6, 0.0, 0.8, 7.25)),)


def simulation(**change) -> PolicySimulation:
    policy = replace(shipped_policy(), caps=())
    strict = replace(policy, observation=replace(policy.observation, on_time_streak_min=99))
    found = PolicySimulation(
        as_of=date(2024, 1, 31),
        model_version="3",
        policy_now="limits/2005-01-01",
        policy_new="draft 2024-03-01.yaml",
        policy_new_digest="ab" * 32,
        compared=compare(ACCOUNTS, decide(ACCOUNTS, policy, 6), decide(ACCOUNTS, strict, 6)),
        caps=CAPS,
        welfare_now=Welfare(1_000_000, 0.25, 0.0),
        welfare_new=Welfare(0, 0.0, 0.0),
        gaps=(1e-6, 2e-7),
        responses=("limit response version 3: balance 0.27", "limit response as assumed"),
    )
    return replace(found, **change)


def test_it_is_whole_and_says_what_moves():
    html = render(simulation()).decode()
    read = Page(html)
    sections = [attributes["id"] for tag, attributes in read.tags if tag == "section"]
    assert sections == ["figures", "swaps", "groups", "uses", "caps", "welfare"]
    assert len(set(read.ids)) == len(read.ids)
    assert "2 of 4 accounts would be decided otherwise" in html
    assert re.search(r"<th scope=\"row\">Raised</th><td>Held</td><td class=\"num\">2</td>", html)
    assert "Not known" in html
    assert "version 3: balance 0.27, in force; from the limit response as assumed, new." in html
    assert html.count("no such cap") == 1
    assert set(re.findall(r"https?://[^\"'\s<>]+", html)) <= {"http://www.w3.org/2000/svg"}
    assert render(simulation()) == html.encode()


def test_a_policy_without_caps_says_so():
    html = render(simulation(caps=())).decode()
    assert "Neither policy has a cap." in html
    assert "Ratio row" not in html


def test_sub_limits_are_told_by_use():
    policy = replace(shipped_policy(), caps=())
    bare = decide(ACCOUNTS, policy, 6)
    less = replace(bare, scenario_limits_minor=bare.scenario_limits_minor.copy())
    less.scenario_limits_minor[3, 7] += 12_345
    html = render(simulation(compared=compare(ACCOUNTS, bare, less))).decode()
    assert "decided otherwise" in html
    assert "; 1 keep their limit and get other sub-limits." in html
    (told,) = re.findall(r"<tr><th scope=\"row\">Cash</th>.*", html)
    cells = re.findall(r">([^<>]+)</t[dh]>", told)
    assert cells[:4] == ["Cash", "3", "1", "1"]
    assert cells[-1] == "+41"
    loans = ACCOUNTS.where(ACCOUNTS.product == 1)
    batch = decide(loans, policy, 6)
    html = render(simulation(compared=compare(loans, batch, batch))).decode()
    assert "No account of this portfolio has sub-limits" in html


def test_changes_are_counted_and_ratios_are_of_averages():
    html = render(simulation(ratios=RATIOS)).decode()
    told = re.findall(r"<tr><th scope=\"row\">(?:Changed limits|Merchants keep up).*", html)
    rows = [re.findall(r">([^<>]+)</t[dh]>", row) for row in told]
    assert rows == [
        ["Changed limits, number of changes", "in force", "2", "1", "1", "0"],
        ["Changed limits, number of changes", "new", "1", "1", "0", "2.5000"],
        ["Merchants keep up", "in force", "no such row"],
        ["Merchants keep up", "new", "800.13", "0.00", "none", "80.0%", "7.2500"],
    ]
    assert "Provision</th>" in html


def test_names_out_of_files_are_words_and_no_markup():
    html = render(simulation(policy_new=HOSTILE, policy_now=HOSTILE)).decode()
    assert HOSTILE not in html


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_its_screen_and_asks_for_nothing(browser, tmp_path, width):
    path = tmp_path / "policy.html"
    path.write_bytes(render(simulation()))
    page, said = opened(browser, path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERLAPS) == []
    assert said == []
    page.close()
