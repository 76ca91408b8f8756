"""The card of a limit response: what it says, what it rests on, where it stops."""

import math

from credit_limits.gates.measured import Interval
from training.card import table
from training.limit_response import ResponseRun


def response_card(run: ResponseRun) -> str:
    """The card in Markdown; every number in it comes from ``run``."""
    sections = (_purpose(run), _figures(run), _data(run), _limits(run))
    return "\n\n".join(sections) + "\n"


def _purpose(run: ResponseRun) -> str:
    value = run.estimate.balance.value
    return f"""# limit_response

What a limit itself does to the balance and to default. A limit raised by a tenth moves the expected
balance by {math.exp(value * math.log(1.1)) - 1.0:+.1%}. Decisions use it through the certificate of
a champion, and in no other way; before it, and where it is silent, the limit policy's own
assumption stands."""


def _figures(run: ResponseRun) -> str:
    estimate = run.estimate
    default = estimate.default
    lines = [("balance, log per log of the limit", *_interval(estimate.balance))]
    if default is not None:
        lines.append(("default, log odds per log of the limit", *_interval(default)))
    silent = f"\n\nOf default: {estimate.default_absent}." if default is None else ""
    steps = table(
        ("limit times", "changes", "balance times", "from", "to"),
        (
            (
                f"{math.exp(step.log_limit_ratio):.2f}",
                f"{step.rows:,}",
                *(f"{math.exp(end):.3f}" for end in _ends(step.balance_log)),
            )
            for step in estimate.steps
        ),
    )
    return f"""## Figures

Intervals of 95 %, the changes of a customer taken together.

{table(("response", "value", "from", "to"), lines)}{silent}

Step by step, over no change; steps over which balance or risk falls beyond its interval:
{estimate.dose_violations}.

{steps}"""


def _data(run: ResponseRun) -> str:
    estimate, lineage, window = run.estimate, run.lineage, run.estimate.policy.window
    versions = ", ".join(f"{name} {version}" for name, version in lineage.data_versions.items())
    return f"""## Data

Knowledge up to {lineage.as_of}: {estimate.drawn:,} limits drawn at random, of which
{estimate.waiting:,} wait for their {window.months_after} months; {estimate.rows:,} used, of
{estimate.customers:,} customers, {estimate.defaults:,} followed by a default. Balances are means
of {window.months_before} months before and {window.balance_months} after, defaults those within
{window.default_months} months. Each change counts as 1 over its propensity.

Table versions: {versions}. Policy `{lineage.policy_version}` (`{lineage.policy_digest[:12]}`),
code `{lineage.code_digest[:12]}`."""


def _limits(run: ResponseRun) -> str:
    lowest, highest = (math.exp(run.estimate.steps[end].log_limit_ratio) for end in (0, -1))
    return f"""## Limits

- It speaks of accounts such as were drawn: who was left out of the trial, as accounts past due, may
  answer otherwise.
- Limits were drawn between {lowest:.2f} and {highest:.2f} times the old one; further away it is a
  line drawn on.
- It is one answer for all: no product, segment or grade has its own.
- What is used of it lies where a limit policy could have put it: 0 to 1 for the balance, at least 0
  for default."""


def _interval(interval: Interval) -> tuple[str, str, str]:
    value, low, high = _ends(interval)
    return f"{value:.3f}", f"{low:.3f}", f"{high:.3f}"


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high
