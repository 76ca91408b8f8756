"""What the commands about brakes, drafts of a policy and notices say when they are done."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from credit_limits.domain.money import MINOR_PER_YUAN
from tidegate.cli.invocation import table
from tidegate.cli.portfolio_rows import portfolio_rows

if TYPE_CHECKING:
    from tidegate.operations.change_rows import ChangeRow, ChangeTables
    from tidegate.operations.list_brakes import ListBrakesOutcome
    from tidegate.operations.list_outbox import ListOutboxOutcome
    from tidegate.operations.outbox_outcome import DueRow, WriteOutboxOutcome
    from tidegate.operations.preview_brake import PreviewBrakeOutcome
    from tidegate.operations.release_brake import ReleaseBrakeOutcome
    from tidegate.operations.set_brake import SetBrakeOutcome
    from tidegate.operations.simulate_policy import SimulatePolicyOutcome

_SUMS = (
    *("limit_minor", "exposure_minor", "expected_loss_minor", "provision_minor"),
    "expected_profit_minor",
)


def change_lines(changes: "ChangeTables") -> list[str]:
    """What a change does: the swap set, and sums by grade, segment and product, in yuan."""
    total = changes.total
    swaps = [(swap.before, swap.after, swap.accounts) for swap in changes.swaps]
    grown = [(name.removesuffix("_minor").replace("_", " "), *_yuan(total, name)) for name in _SUMS]
    return [
        f"{total.moved:,} of {total.before.accounts:,} accounts would be decided otherwise: "
        f"{total.raises_stopped:,} raises stopped, {total.raises_new:,} new",
        *table(("action now", "under the change", "accounts"), swaps),
        *table(("yuan", "now", "under the change", "difference"), grown),
        *(_groups("grade", changes.by_grade)),
        *(_groups("segment", changes.by_segment)),
        *(_groups("product", changes.by_product)),
        *_sub_limits(changes),
    ]


def _sub_limits(changes: "ChangeTables") -> list[str]:
    """The uses whose sub-limits move, with their means in yuan; nothing where none does."""
    rows = [
        (
            row.scenario,
            row.accounts,
            row.moved,
            row.alone,
            round(row.mean_before_minor / MINOR_PER_YUAN),
            round(row.mean_after_minor / MINOR_PER_YUAN),
        )
        for row in changes.by_scenario
        if row.moved
    ]
    header = ("sub-limit", "accounts", "moved", "limit stays", "mean, yuan", "under the change")
    if not rows:
        return []
    alone = changes.sub_limits_moved_alone
    return [f"{alone:,} accounts keep their limit and get other sub-limits", *table(header, rows)]


def _groups(name: str, rows: "Sequence[ChangeRow]") -> list[str]:
    sums = ("exposure", "loss", "provision", "profit")
    header = (name, "accounts", "moved", "raises stopped", *sums)
    return table(
        header,
        [
            (
                row.name,
                row.before.accounts,
                row.moved,
                row.raises_stopped,
                *(_yuan(row, figure)[2] for figure in _SUMS[1:]),
            )
            for row in rows
        ],
    )


def _yuan(row: "ChangeRow", figure: str) -> tuple[int, int, int]:
    """Now, under the change, and the difference, in yuan."""
    now, then = (getattr(sums, figure) for sums in (row.before, row.after))
    return (
        round(now / MINOR_PER_YUAN),
        round(then / MINOR_PER_YUAN),
        round((then - now) / MINOR_PER_YUAN),
    )


def _brakes(outcome: "ListBrakesOutcome") -> list[str]:
    if not outcome.brakes:
        return [f"no brake holds on {outcome.as_of}"]
    rows = [
        (
            brake.sequence,
            brake.brake,
            str(brake.since),
            str(brake.expires_on or ""),
            brake.owner,
            brake.reason,
        )
        for brake in outcome.brakes
    ]
    header = ("entry", "brake", "since", "until at most", "owner", "reason")
    return [f"brakes that hold on {outcome.as_of}:", *table(header, rows)]


def _brake_set(outcome: "SetBrakeOutcome") -> list[str]:
    signed = f", signed by {outcome.name}" if outcome.name else ""
    return [
        f"entry {outcome.sequence}: {outcome.brake}, until {outcome.expires_on} at most, "
        f"by {outcome.actor}{signed}",
        f"{outcome.owner} answers for it: {outcome.reason}",
        "next: tidegate adjust",
    ]


def _previewed(outcome: "PreviewBrakeOutcome") -> list[str]:
    unplaced = f", {outcome.not_placed:,} of them not placed" if outcome.not_placed else ""
    return [
        f"{outcome.brake}, tried on the portfolio of {outcome.as_of}: nothing is set",
        f"it would hold for {outcome.held:,} of {outcome.accounts:,} accounts{unplaced}",
        *change_lines(outcome.changes),
        "to set it: tidegate control set, with --until, --owner and --reason",
    ]


def _released(outcome: "ReleaseBrakeOutcome") -> list[str]:
    signed = f", signed by {outcome.name}" if outcome.name else ""
    return [
        f"{outcome.brake} is released from {outcome.as_of} on by {outcome.actor}{signed}",
        "next: tidegate adjust",
    ]


def _simulated(outcome: "SimulatePolicyOutcome") -> list[str]:
    rows = [
        (label, side.caps, side.ratio_rows)
        for label, side in (("in force", outcome.now), ("new", outcome.new))
    ]
    welfare = [
        (label, round(w.added_minor / MINOR_PER_YUAN), w.revolver_share, w.persistent_debt_share)
        for label, w in (("in force", outcome.now.welfare), ("new", outcome.new.welfare))
    ]
    return [
        f"{outcome.new.version} tried on the portfolio of {outcome.as_of} beside "
        f"{outcome.now.version}: nothing is set",
        *(
            f"{label}: {side.limit_response.words}"
            for label, side in (("in force", outcome.now), ("new", outcome.new))
        ),
        *change_lines(outcome.changes),
        *portfolio_rows(rows),
        *table(("added limit, yuan", "amount", "to revolvers", "to persistent debt"), welfare),
        f"page: {outcome.page}",
    ]


def _outbox_written(outcome: "WriteOutboxOutcome") -> list[str]:
    return [
        f"notices of batch {outcome.batch_id}, {outcome.decisions:,} decisions",
        *_due(outcome.due),
        "next: tidegate outbox list",
    ]


def _due(rows: "Sequence[DueRow]") -> list[str]:
    """How many of each kind are due by which day."""
    if not rows:
        return ["nothing is due"]
    cells = [(row.kind, str(row.due_by or "no time by law"), f"{row.count:,}") for row in rows]
    return table(("kind", "due by", "number"), cells)


def _outbox_listed(outcome: "ListOutboxOutcome") -> list[str]:
    rows = [
        (row.notice_id, str(row.due_by or ""), row.kind, row.account_id, row.text)
        for row in outcome.notices
    ]
    head = f"{outcome.count:,} notices, {len(rows):,} of them here"
    return [
        head,
        *_due(outcome.due),
        *(table(("notice", "due by", "kind", "account", "text"), rows) if rows else []),
    ]


CONTROL_SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "set_brake": _brake_set,
    "list_brakes": _brakes,
    "release_brake": _released,
    "preview_brake": _previewed,
    "simulate_policy": _simulated,
    "write_outbox": _outbox_written,
    "list_outbox": _outbox_listed,
}
