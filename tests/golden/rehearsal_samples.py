"""Rehearsals as the page is handed them, with figures that are easy to find again."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from credit_limits.domain.periods import add_months, month_end
from credit_limits.policy.risk_grades import Grade
from credit_limits.rehearsal.actions import GradeActions, grade_actions
from credit_limits.rehearsal.result import (
    CapUse,
    CohortFigures,
    Event,
    EventKind,
    GroupFigures,
    MonthFigures,
    PolicyResult,
    RehearsalResult,
    Score,
    Spread,
)

FIRST = date(2024, 1, 31)
SHOCK = 6
GROUPS = (
    *(("segment", "consumer"), ("segment", "micro_merchant")),
    *(("product", "pay_later"), ("product", "cash_loan")),
    *(("income", "lowest third"), ("income", "middle third"), ("income", "highest third")),
)
# Per policy: title, growth of limits a month, profit of a month over hold's, bad debt over hold's.
POLICIES = {
    "hold": ("Hold every limit", 0.0, 0.0, 1.0),
    "rule_of_thumb": ("Rule of thumb", 0.012, 0.05, 1.5),
    "observational": ("Observational model", 0.025, -0.06, 2.1),
    "platform": ("Platform", 0.009, 0.11, 1.2),
    "oracle": ("Oracle", 0.014, 0.19, 1.1),
}


def month_ends(months: int) -> list[date]:
    return [month_end(add_months(FIRST, month)) for month in range(months)]


def stress(month: int) -> float:
    """How much worse than calm: nothing until the shock, most four months after it."""
    since = month - SHOCK
    return 0.0 if since < 0 else 0.9 * math.exp(-(((since - 4) / 5) ** 2))


def month_figures(name: str, month: int, month_end: date) -> MonthFigures:
    _, growth, over_hold, bad = POLICIES[name]
    limit = round(1_000_000_000_00 * (1 + growth) ** month)
    bad_debt = round(400_000_00 * (1 + (bad - 1) * min(month, 12) / 12) * (1 + stress(month)))
    loss = bad_debt * 3 // 4
    earned = round(4_000_000_00 * (1 + over_hold * min(month, 10) / 10 - 0.1 * stress(month)))
    funding = 2_000_000_00
    return MonthFigures(
        month_end=month_end,
        accounts=26_000 - 20 * month,
        limit_minor=limit,
        balance_minor=round(0.31 * limit),
        profit_minor=earned - funding - loss,
        interest_minor=earned // 2,
        interchange_minor=earned - earned // 2,
        fees_minor=0,
        funding_minor=funding,
        loss_minor=loss,
        change_cost_minor=0,
        bad_debt_minor=bad_debt,
        d30_share=0.0176 * (1 + (bad - 1) * month / 60) * (1 + 0.8 * stress(month)),
        d90_share=0.011 * (1 + stress(month)),
        increases=0 if name == "hold" else 900,
        decreases=120 if name in ("platform", "oracle") else 0,
    )


def around(value: float, share: float = 0.05) -> Spread:
    room = abs(value) * share
    return Spread(value, value - room, value + room)


def group_figures(name: str) -> tuple[GroupFigures, ...]:
    _, growth, over_hold, bad = POLICIES[name]
    return tuple(
        GroupFigures(
            grouping=grouping,
            name=group,
            accounts=4_000 + 1_000 * index,
            mean_limit_minor=round(20_000_00 * (1 + index / 4) * (1 + 12 * growth)),
            profit_minor=round(9_000_000_00 * (1 + over_hold)),
            bad_debt_minor=round(2_000_000_00 * bad),
            default_rate=0.021 * bad,
            welfare_minor=round((growth - 0.004) * 300_000_000_00 * (1 + index / 5)),
        )
        for index, (grouping, group) in enumerate(GROUPS)
    )


def cohort_figures(name: str, ends: Sequence[date]) -> tuple[CohortFigures, ...]:
    bad = POLICIES[name][3]
    return tuple(
        CohortFigures(
            month_end,
            25_000,
            0.012 * bad * (1 + 0.5 * stress(month)) + 0.0006 * (-1) ** month,
            0.012 * bad * (1 + 0.5 * stress(month)),
        )
        for month, month_end in enumerate(ends[:-6])
    )


def policy_result(name: str, months: int) -> PolicyResult:
    ends = month_ends(months)
    lived = tuple(month_figures(name, month, end) for month, end in enumerate(ends))
    held = sum(month_figures("hold", month, end).profit_minor for month, end in enumerate(ends))
    profit = sum(month.profit_minor for month in lived)
    return PolicyResult(
        name=name,
        title=POLICIES[name][0],
        months=lived,
        groups=group_figures(name),
        cohorts=cohort_figures(name, ends),
        profit=around(profit),
        bad_debt=around(sum(month.bad_debt_minor for month in lived), 0.08),
        limit=around(sum(month.limit_minor for month in lived) / max(months, 1), 0.01),
        default_rate=around(0.024 * POLICIES[name][3], 0.06),
        profit_over_hold=around(profit - held, 0.2),
    )


def events(months: int) -> tuple[Event, ...]:
    ends = month_ends(months)
    told = [
        (0, EventKind.RETRAINING, "default_risk version 1 was trained on 24,000 rows."),
        (0, EventKind.PROMOTION, "default_risk version 1 passed 11 of 11 checks."),
        (3, EventKind.RETRAINING, "default_risk version 2 was trained on 26,000 rows."),
        (3, EventKind.REFUSAL, "default_risk version 2: auc is lower than the champion's."),
        (4, EventKind.QUARANTINE, "12 of 310,000 source lines went to quarantine."),
        (6, EventKind.SHOCK, "The scenario departs from calm."),
        (7, EventKind.NOTICE, "unemployment_rate has a PSI of 0.14."),
        (8, EventKind.ALARM, "The roll rate from current to past due is 1.7 times its reference."),
        (8, EventKind.BRAKE_ON, "No increases of pay later and cash loan."),
        (8, EventKind.RETRAINING, "default_risk version 3 was trained on 27,000 rows."),
        (8, EventKind.PROMOTION, "default_risk version 3 passed 11 of 11 checks."),
        (9, EventKind.FAULT, "statements: days_past_due is delivered empty."),
        (9, EventKind.BATCH_REFUSED, "statements: days_past_due is empty in every row."),
        (13, EventKind.BRAKE_OFF, "Two watches in a row without an alarm."),
    ]
    return tuple(Event(ends[month], kind, text) for month, kind, text in told if month < months)


def scores() -> tuple[Score, ...]:
    return (
        Score(
            "first_alarm", 2.0, "months", "at most 2 months", True,
            "The first alarm came 2 months after the shock.",
        ),
        Score(
            "false_alarms", None, "alarms a year", "at most 1 a year", None,
            "No calm month was lived.",
        ),
        Score(
            "worse_models", 0.0, "models", "none", True,
            "0 of 2 promotions put a worse model in charge.",
        ),
        Score(
            "profit_over_rule_of_thumb", -1_234_567.4, "yuan", "above 0", False,
            "The platform earned 1,234,567 yuan less than the rule of thumb.",
        ),
        Score(
            "regret", 0.496, "share of the oracle's gain over hold", "as small as can be", None,
            "Of the 13 million yuan that the oracle earned over hold, the platform left half.",
        ),
    )  # fmt: skip


def cap_use(months: int) -> tuple[CapUse, ...]:
    return tuple(
        use
        for month, end in enumerate(month_ends(months))
        for use in (
            CapUse(end, "exposure", 1_500_000_000_00, 9e10 * (1 + 0.02 * month), 0.0),
            CapUse(
                end,
                "expected_loss",
                800_000_00,
                800_000_00 * min(0.9 + 0.02 * month, 1.0),
                0.8123 if month >= 5 else 0.0,
            ),
            CapUse(end, "cash_loan_exposure", 4e10, 2e10 + 1e9 * (month % 5), 0.0),
        )
    )


def actions(months: int) -> tuple[GradeActions, ...]:
    """Fewer raises and more of everything else the riskier the grade; one freeze in all."""
    return tuple(
        grade_actions(
            end,
            grade,
            4_000 - 500 * risk,
            [
                *(800 - 130 * risk, 60 * risk, 2_700 - 450 * risk),
                *(120 * risk, 5 * risk, int(month == 7 and risk == 6), int(month == 9)),
                *(3 * risk, 40, 2),
            ],
        )
        for month, end in enumerate(month_ends(months))
        for risk, grade in enumerate(Grade)
    )


def full_result(months: int = 24) -> RehearsalResult:
    return RehearsalResult(
        scenario="2020",
        title="As in January to May 2020",
        customers=20_000,
        history_months=20,
        months=months,
        seeds=(7, 8),
        shock_month_end=month_ends(months)[SHOCK],
        policies=tuple(policy_result(name, months) for name in POLICIES),
        events=events(months),
        scores=scores(),
        cap_use=cap_use(months),
        actions=actions(months),
    )


def calm_result() -> RehearsalResult:
    """One seed, no shock, nothing that alarms, every target met."""
    whole = full_result(12)
    kinds = {EventKind.RETRAINING, EventKind.PROMOTION}
    return replace(
        whole,
        scenario="calm",
        title="Calm",
        seeds=(7,),
        shock_month_end=None,
        events=tuple(event for event in whole.events if event.kind in kinds),
        scores=tuple(score for score in whole.scores if score.passed),
    )


def poor_result() -> RehearsalResult:
    """The platform does worse than both rivals, and exceeds a cap twice."""
    whole = full_result()
    poor = replace(
        policy_result("observational", 24), name="platform", title="Platform", groups=()
    )  # fmt: skip
    ends = month_ends(24)
    over = tuple(
        replace(use, used=1.04 * use.cap)
        if use.name == "exposure" and use.month_end in ends[20:22]
        else use
        for use in whole.cap_use
    )
    others = [policy for policy in whole.policies if policy.name in ("hold", "rule_of_thumb")]
    return replace(whole, policies=(*others, poor), cap_use=over)


def lone_result() -> RehearsalResult:
    """The platform alone, for a single month, with nothing scored, capped or noted."""
    whole = full_result(1 + SHOCK)
    return replace(
        whole,
        months=1,
        policies=(replace(policy_result("platform", 1), groups=(), cohorts=()),),
        shock_month_end=None,
        events=(),
        scores=(),
        cap_use=(),
        actions=actions(1),
    )


def empty_result() -> RehearsalResult:
    """No policy and no month."""
    return replace(lone_result(), months=0, policies=(), seeds=(7,), actions=())
