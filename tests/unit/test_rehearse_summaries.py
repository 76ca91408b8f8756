"""What `tidegate rehearse` and `tidegate world check` say to a person."""

from datetime import date

from tidegate.cli.summaries import exit_code_of, summary_of
from tidegate.operations.check_world import CheckedQuantity, CheckWorldOutcome
from tidegate.operations.rehearse_policy import (
    EventRow,
    PolicyRow,
    RehearsePolicyOutcome,
    ScoreRow,
)


def policy(name, title, profit_yuan):
    return PolicyRow(
        name=name,
        title=title,
        profit_minor=profit_yuan * 100.0,
        profit_over_hold_minor=profit_yuan * 100.0 - 100_000.0,
        bad_debt_minor=50_049.0,
        limit_minor=9e9,
        default_rate=0.0187,
    )


def score(name, passed, text):
    return ScoreRow(name=name, value=1.0, unit="", target="none", passed=passed, text=text)


def rehearsed(**changes):
    return RehearsePolicyOutcome(
        scenario="2020",
        customers=20_000,
        months=24,
        seeds=[7, 8],
        path="var/r",
        result_path="var/r/result.json",
        result_digest="d" * 64,
        report="var/r/rehearsal.html",
        policies=[policy("platform", "The platform", 1_234), policy("hold", "Hold", 1_000)],
        scores=[
            score("worse_models", True, "None."),
            score("false_alarms", False, "Three too many."),
            score("regret", None, "Nothing to gain."),
        ],
        events=[EventRow(month_end=date(2025, 1, 31), kind="alarm", text="moved")],
        **changes,
    )


def test_a_rehearsal_is_two_tables_and_where_the_rest_is():
    lines = summary_of("rehearse_policy", rehearsed())
    assert lines[0] == "scenario 2020: 24 months, 20,000 customers, seeds 7, 8"
    assert lines[1].split() == [
        *("policy,", "yuan", "profit", "over", "hold", "bad", "debt", "mean", "limits"),
        *("default", "rate"),
    ]
    assert lines[2].split() == ["The", "platform", "1,234", "234", "500", "90,000,000", "0.0187"]
    assert lines[3].split() == ["Hold", "1,000", "0", "500", "90,000,000", "0.0187"]
    marks = [line.split()[2] for line in lines[5:8]]
    assert marks == ["reached", "MISSED", "Nothing"]
    assert lines[-2] == "events on the time line: 1; all figures: var/r/result.json"
    assert lines[-1] == "report: var/r/rehearsal.html"


def test_a_rehearsal_done_before_says_so_first():
    assert summary_of("rehearse_policy", rehearsed(recognised=True))[0].startswith("recognised")


def test_a_missed_score_is_a_finding_and_no_failure():
    assert exit_code_of(rehearsed()) == 0


def quantity(name, value, low, high, within):
    return CheckedQuantity(
        name=name,
        value=value,
        target=0.5,
        low=low,
        high=high,
        unit="share",
        source="assumption",
        within=within,
    )


def test_a_check_of_the_world_is_a_line_a_quantity_and_a_count():
    outcome = CheckWorldOutcome(
        quantities=[
            quantity("D30+", 0.016, 0.013, 0.019, True),
            quantity("slope", 0.2, -1.0, 0.0, False),
        ],
        all_within=False,
    )
    lines = summary_of("check_world", outcome)
    assert lines[1].split() == [
        *("D30+", "0.016", "0.5", "0.013", "to", "0.019", "share", "within", "assumption"),
    ]
    assert lines[2].split() == [
        *("slope", "0.2", "0.5", "-1", "to", "0", "share", "OUTSIDE", "assumption"),
    ]
    assert lines[-1] == "1 of 2 quantities lie within their bands"
