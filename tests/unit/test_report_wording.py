"""Numbers and sentences as the page words them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from credit_limits.domain.decision import Action
from tests.golden.report_samples import decision_batch, decisions, drift, full_report, gate, group
from tidegate.adapters import report_wording as wording
from tidegate.adapters.cycle_report import ProductStanding
from tidegate.adapters.cycle_report_decisions import (
    FIRST_TOLD,
    Allocation,
    CapUse,
    DecisionGroup,
    LimitBand,
)
from tidegate.adapters.report_plots import band_name, index_scale, limit_bands, used_share

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("worded", "text"),
    [
        (wording.count(1_234_567), "1,234,567"),
        (wording.count(-1200), f"{MINUS}1,200"),
        (wording.signed(1200), "+1,200"),
        (wording.signed(0), "0"),
        (wording.signed(-3), f"{MINUS}3"),
        (wording.yuan(30_000_000_00), "30,000,000"),
        (wording.yuan(149), "1"),
        (wording.signed_yuan(-50_000_00), f"{MINUS}50,000"),
        (wording.large_yuan(999_999_00), "999,999 yuan"),
        (wording.large_yuan(1_000_000_00), "1.0 million yuan"),
        (wording.large_yuan(-2_500_000_00), f"{MINUS}2.5 million yuan"),
        (wording.short_yuan(1_318_421_000_00), "1,318.4 m"),
        (wording.percent(0.5), "50.0%"),
        (wording.percent(0.99993, 2), "99.99%"),
        (wording.percent(None), "not known"),
        (wording.figure(0.78534), "0.7853"),
        (wording.signed_figure(-0.0012), f"{MINUS}0.0012"),
        (wording.psi(0.1416), "0.142"),
        (wording.psi(None), "absent"),
        (wording.price(0.0), "0"),
        (wording.price(0.81234), "0.8123"),
        (wording.measure(30_000.0), "30,000"),
        (wording.measure(-0.00112), f"{MINUS}0.00112"),
        (wording.measure(None), "no evidence"),
        (wording.measure(-0.0), "0"),
        (wording.measure(1.00049), "1.0005"),
        (wording.asked((("<=", 0.25),)), "at most 0.25"),
        (wording.asked(((">=", 200.0),)), "at least 200"),
        (wording.asked(((">=", 0.8), ("<=", 1.25))), "0.8 to 1.25"),
        (wording.asked((("==", 1.0), ("<", 2.0))), "exactly 1, < 2"),
        (wording.asked(()), ""),
        (wording.day(date(2024, 2, 9)), "9 February 2024"),
        (wording.instant(datetime(2024, 2, 9, 7, 5, tzinfo=UTC)), "2024-02-09 07:05"),
        (wording.words("pay_later"), "Pay later"),
        (wording.words("score_psi_today"), "Score PSI today"),
        (wording.words(""), ""),
        (wording.figure_name("ece"), "Calibration error (ECE)"),
        (wording.figure_name("unheard_of"), "Unheard of"),
        (wording.plural(1, "entry", "entries"), "1 entry"),
        (wording.plural(2, "entry", "entries"), "2 entries"),
    ],
)
def test_words(worded, text):
    assert worded == text


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (1_000_00, 1_100_00, "Together they grow by 100 yuan (10.0%)."),
        (1_000_00, 500_00, "Together they shrink by 500 yuan (50.0%)."),
        (1_000_00, 1_000_00, "Together they stay at 1,000 yuan."),
        (0, 1_000_00, "Together they grow by 1,000 yuan."),
    ],
)
def test_the_answer_says_where_the_limits_go(before, after, sentence):
    total = group("all accounts", (1, 1, 1, 1), before, after)
    report = replace(full_report(), decisions=replace(decisions(), total=total))
    assert wording.answer(report) == f"Of 4 limits, 1 rise and 1 fall. {sentence}"


def test_a_champion_that_was_certified_earlier_is_named_apart_from_who_was_judged():
    report = replace(
        full_report(),
        decisions=replace(decisions(), batches=(decision_batch("1"),)),
        gate=gate(cleared=False),
    )
    assert wording.standing(report) == (
        "Decided by version 1, under an earlier certificate. "
        "Judged since: default_risk version 2 passed 1 of 3 checks."
    )
    assert wording.standing(replace(report, gate=None)) == (
        "Decided by version 1, under an earlier certificate."
    )


def test_a_check_that_was_dispensed_with_is_said_so_and_not_counted_as_passed():
    judged = gate()
    without = tuple(
        replace(check, passed=False, dispensed=True) if place == 0 else check
        for place, check in enumerate(judged.checks)
    )
    report = replace(full_report(), decisions=None, gate=replace(judged, checks=without))
    assert wording.standing(report) == (
        "default_risk version 2 passed 1 of 2 checks and was dispensed with data."
    )


def test_without_decisions_the_standing_is_that_of_the_judged_version():
    report = replace(full_report(), decisions=None)
    assert wording.standing(report) == "default_risk version 2 passed 2 of 2 checks."
    assert wording.standing(replace(report, gate=None)).startswith("No model has gone through")


def test_slack_caps_are_said_to_change_nothing():
    allocation = Allocation(100_00, 100_00, 0.0, (CapUse("exposure", 9.0, 1.0, 8.0, 0.0),))
    sentence = wording.allocation_sentence(allocation)
    assert "No cap binds" in sentence
    assert "less than 0.0001% is left unearned" in sentence


def test_drift_counts_what_moved():
    assert wording.drift_sentence(drift()) == (
        "34 columns watched on 2,000 rows; 1 at the level of a notice or an alarm."
    )


def test_first_misses_in_words():
    misses = drift().first_misses
    assert wording.first_misses_sentence(misses) == (
        "Of 1,602 accounts that owed something and were current a month before, 55 were past due "
        "by 31 January 2024: 3.43%, after 1.71% in the 12 months of reference. The chance of so "
        "many where nothing has changed is 0.0012."
    )
    certain = replace(misses, months=2, p_value=1e-9)
    assert wording.first_misses_sentence(certain).startswith("Over two months, of 1,602 accounts")
    assert wording.first_misses_sentence(certain).endswith("is less than 0.0001.")


def test_first_misses_that_say_nothing_say_why():
    young = replace(
        drift().first_misses, share=None, reference_share=None, p_value=None, finding="too young"
    )
    assert wording.first_misses_sentence(young).endswith(
        "55 were past due by 31 January 2024. This was not judged: too young."
    )
    nothing = replace(young, month_end=None)
    assert wording.first_misses_sentence(nothing) == (
        "First missed payments were not judged: too young."
    )


def test_the_scale_of_the_index_holds_the_greatest():
    worst = drift().worst
    assert index_scale(drift()) == 0.3
    assert index_scale(replace(drift(), worst=(replace(worst[0], psi=0.9), *worst[1:]))) == 0.9
    assert index_scale(replace(drift(), worst=(replace(worst[0], psi=None),))) == 0.3


@pytest.mark.parametrize(
    ("used", "cap", "share"),
    [
        (50.0, 100.0, 0.5),
        (0.0, 0.0, 0.0),
        (1.0, 0.0, float("inf")),
        (-100.0, -80.0, 0.8),
        (-40.0, -80.0, 2.0),
        (0.0, -80.0, float("inf")),
    ],
)
def test_share_of_a_cap(used, cap, share):
    assert used_share(used, cap) == share


def test_a_band_names_its_range_and_the_last_is_open():
    band = LimitBand(5_000_00, 10_000_00, 1, 2)
    assert band_name(band) == "5,000 to below 10,000"
    assert band_name(replace(band, high_minor=None)) == "5,000 and more"
    chart = str(limit_bands([band, LimitBand(10_000_00, None, 1, 1)]).chart)
    assert ">5k<" in chart
    assert ">10k<" in chart


def test_a_standing_whose_counts_do_not_add_up_cannot_be_built():
    with pytest.raises(ValueError, match="do not add up"):
        ProductStanding("pay_later", 3, 100, 3, 10, 100, (1, 1, 0, 0, 0))
    with pytest.raises(ValueError, match="2 counts"):
        ProductStanding("pay_later", 3, 100, 2, 10, 100, (1, 1))


def test_utilization_is_of_the_accounts_whose_balance_is_known():
    standing = ProductStanding("pay_later", 3, 900, 2, 150, 600, (2, 0, 0, 0, 0))
    assert standing.utilization_ratio == 0.25
    assert replace(standing, limit_with_statement_minor=0).utilization_ratio is None


def test_a_group_counts_its_actions():
    named = DecisionGroup("A", (("increase", 2), ("hold", 3)), 100, 120)
    assert (named.accounts, named.count("increase"), named.count("decrease")) == (5, 2, 0)


def test_accounts_that_change_otherwise_than_in_their_limit_are_added_up():
    counts = {action.value: 1 for action in Action}
    group = DecisionGroup("A", tuple(counts.items()), 0, 0)
    assert group.accounts == len(Action)
    assert group.otherwise == len(Action) - len(FIRST_TOLD)
    assert DecisionGroup("B", (("hold", 3),), 0, 0).otherwise == 0
