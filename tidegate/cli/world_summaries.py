"""What the commands about the simulated portfolio say when they are done."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from credit_limits.domain.money import MINOR_PER_YUAN
from tidegate.cli.invocation import table

if TYPE_CHECKING:
    from tidegate.operations.check_world import CheckWorldOutcome
    from tidegate.operations.generate_world import GenerateWorldOutcome
    from tidegate.operations.rehearse_policy import RehearsePolicyOutcome


def _generated(outcome: "GenerateWorldOutcome") -> list[str]:
    return [
        f"a world in {outcome.path}",
        *table(("table", "rows"), list(outcome.rows.items())),
        f"next: tidegate ingest {outcome.path} --source world",
    ]


def _checked(outcome: "CheckWorldOutcome") -> list[str]:
    rows = [
        (
            each.name,
            f"{each.value:.4g}",
            f"{each.target:.4g}",
            f"{each.low:.4g} to {each.high:.4g}",
            each.unit,
            "within" if each.within else "OUTSIDE",
            each.source,
        )
        for each in outcome.quantities
    ]
    outside = sum(not each.within for each in outcome.quantities)
    return [
        *table(("quantity", "value", "target", "band", "unit", "", "source"), rows),
        f"{len(rows) - outside} of {len(rows)} quantities lie within their bands",
    ]


def _rehearsed(outcome: "RehearsePolicyOutcome") -> list[str]:
    policies = [
        (
            policy.title,
            *(
                round(minor / MINOR_PER_YUAN)
                for minor in (
                    policy.profit_minor,
                    policy.profit_over_hold_minor,
                    policy.bad_debt_minor,
                    policy.limit_minor,
                )
            ),
            policy.default_rate,
        )
        for policy in outcome.policies
    ]
    marks = {True: "reached", False: "MISSED", None: ""}
    scores = [(s.name, s.target, marks[s.passed], s.text) for s in outcome.scores]
    return [
        f"scenario {outcome.scenario}: {outcome.months} months, {outcome.customers:,} customers, "
        f"seeds {', '.join(map(str, outcome.seeds))}",
        *table(
            ("policy, yuan", "profit", "over hold", "bad debt", "mean limits", "default rate"),
            policies,
        ),
        *table(("score", "target", "", "what was found"), scores),
        f"events on the time line: {len(outcome.events):,}; all figures: {outcome.result_path}",
        f"report: {outcome.report}",
    ]


WORLD_SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "generate_world": _generated,
    "check_world": _checked,
    "rehearse_policy": _rehearsed,
}
