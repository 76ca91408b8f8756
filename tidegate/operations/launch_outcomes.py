"""What became of the canary's accounts and of the others, for the test of harm."""

from datetime import date

import pandas as pd

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.domain.periods import add_months, end_of_day
from credit_limits.launch.harm_test import Block, judge_harm
from credit_limits.launch.policy import Step
from monitoring.matured_thresholds import MaturedThresholds, parse_matured_thresholds
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.launches import HarmRow, Launch, LaunchServed, StreamRow
from tidegate.operations.matured_decisions import labelled_decisions
from tidegate.operations.platform import Platform
from tidegate.operations.scored_rows import label_window_months

# Of each customer one account: accounts of one person end badly together. Its side is that of the
# first cycle that decided it, and it is looked at month by month until its first missed payment.
_DECIDED = """
WITH first AS (
    SELECT
        account_id, customer_id, event_timestamp AS decided_at,
        list_contains($canary, batch_id) AS canary
    FROM decisions WHERE list_contains($batches, batch_id)
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY decided_at, canary DESC) = 1
)
SELECT * FROM first
QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY account_id) = 1
"""
_MISSES = """
WITH current AS (
    SELECT account_id, canary, decided_at
    FROM decided JOIN statements AS s USING (account_id)
    WHERE s.event_timestamp <= decided_at
    GROUP BY ALL
    HAVING arg_max(s.days_past_due, s.event_timestamp) = 0
        AND arg_max(s.balance_minor, s.event_timestamp) > 0
),
month AS (
    SELECT
        account_id,
        canary,
        year(s.event_timestamp) * 12 + month(s.event_timestamp) AS month,
        arg_max(s.days_past_due, s.event_timestamp) > 0 AS missed
    FROM current JOIN statements AS s USING (account_id)
    WHERE s.event_timestamp > decided_at AND s.event_timestamp <= $until
    GROUP BY ALL
),
first AS (
    SELECT *, bool_or(missed) OVER (
        PARTITION BY account_id ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS missed_before
    FROM month WHERE missed IS NOT NULL
)
SELECT
    month,
    count(*) FILTER (canary)::INT,
    count(*) FILTER (canary AND missed)::INT,
    count(*) FILTER (NOT canary)::INT,
    count(*) FILTER (NOT canary AND missed)::INT
FROM first WHERE NOT coalesce(missed_before, false) GROUP BY month ORDER BY month
"""


def look_at(platform: Platform, launch: Launch, as_of: date) -> HarmRow:
    """Hold the canary's accounts against the control's, as far as was known at ``as_of``.

    Raises:
        PolicyError: no monitoring policy is in force on the day.
        ModelError: the version does not say its label window.
    """
    cycles = [row for row in launch.served if row.step is Step.CANARY and row.as_of < as_of]
    streams = {
        "first missed payments": _first_misses(platform, cycles, as_of),
        "defaults": _defaults(platform, launch, cycles, as_of),
    }
    harm = launch.plan.harm
    found = judge_harm(list(streams.values()), harm.odds_ratio, harm.false_stop)
    misses = streams["first missed payments"]
    return HarmRow(
        evidence=found.evidence,
        needed=1.0 / harm.false_stop,
        known=max((block.canary for block in misses), default=0),
        streams=tuple(_stream(name, blocks) for name, blocks in streams.items()),
    )


def _stream(name: str, blocks: list[Block]) -> StreamRow:
    return StreamRow(
        outcome=name,
        canary=sum(block.canary for block in blocks),
        canary_bad=sum(block.canary_bad for block in blocks),
        control=sum(block.control for block in blocks),
        control_bad=sum(block.control_bad for block in blocks),
    )


def _first_misses(platform: Platform, cycles: list[LaunchServed], as_of: date) -> list[Block]:
    if not cycles or not platform.lake.exists("statements"):
        return []
    canary, batches = _batches(cycles)
    with platform.lake.connect(tables=["decisions"]) as lake:
        values = {"canary": canary, "batches": batches}
        decided = lake.sql(_DECIDED, params=values).to_arrow_table()
    with platform.lake.connect(known_at=as_of, tables=["statements"]) as lake:
        lake.register("decided", decided)
        rows = lake.execute(_MISSES, {"until": end_of_day(as_of)}).fetchall()
    return [Block(*counts) for _, *counts in rows]


def _defaults(
    platform: Platform, launch: Launch, cycles: list[LaunchServed], as_of: date
) -> list[Block]:
    """A block for each cohort whose label window is over; an account counts in its first."""
    window = label_window_months(platform.registry.load(launch.model_name, launch.version))
    over = [row for row in cycles if add_months(row.as_of, window) <= as_of]
    if not over:
        return []
    canary, batches = _batches(over)
    try:
        rows, _ = labelled_decisions(
            platform, batches, as_of, _matured(platform, as_of), window_months=window
        )
    except NotEnoughOutcomes:
        return []
    first = rows.sort_values(["as_of", "account_id"]).drop_duplicates("customer_id")
    return [_block(cohort, cohort["batch_id"].isin(canary)) for _, cohort in first.groupby("as_of")]


def _block(cohort: pd.DataFrame, canary: "pd.Series[bool]") -> Block:
    bad = cohort["label"].astype(bool)
    return Block(
        int(canary.sum()),
        int((canary & bad).sum()),
        int((~canary).sum()),
        int((~canary & bad).sum()),
    )


def _matured(platform: Platform, as_of: date) -> MaturedThresholds:
    file = load_dated(platform.policies("monitoring"), as_of)
    return parse_matured_thresholds(file.version, file.content)


def _batches(cycles: list[LaunchServed]) -> tuple[list[str], list[str]]:
    """The canary's batches, and all batches of these cycles."""
    canary = [row.batch_id for row in cycles if row.batch_id]
    return canary, [*canary, *(row.champion_batch_id for row in cycles)]
