"""``tidegate ledger``: is the record intact, and what does it say."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from credit_limits.domain.errors import DataMissing
from credit_limits.ledger.entry import EntryKind
from tidegate.cli.invocation import JsonFlag, opened_platform, show, table, working

if TYPE_CHECKING:
    from credit_limits.ledger.entry import Entry


def add_ledger_commands(app: typer.Typer) -> None:
    """Put the commands under ``app``."""
    app.command("verify", epilog="Example: tidegate ledger verify")(verify)
    app.command("show", epilog="Example: tidegate ledger show --kind model_promoted")(show_entries)


def verify(*, as_json: JsonFlag = False) -> None:
    """Check every entry's digest and its link to the entry before.

    Says intact with the number of entries, or names the first altered entry and exits with 14.
    """
    with working():
        ledger = opened_platform().ledger
        count = ledger.verify()
        newest = ledger.entries()[-1:]
    result = {"intact": True, "entries": count, "head": newest[0].digest if newest else None}
    show(result, [f"intact: {count:,} {'entry' if count == 1 else 'entries'}"], as_json)


def show_entries(
    *,
    sequence: Annotated[
        int | None,
        typer.Argument(metavar="ENTRY", help="Number of one entry, to see all it says."),
    ] = None,
    kind: Annotated[
        EntryKind | None,
        typer.Option(metavar="KIND", help="Only entries of this kind, such as limits_adjusted."),
    ] = None,
    last: Annotated[
        int, typer.Option(min=1, metavar="NUMBER", help="How many of the newest.")
    ] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List the newest entries, or one entry with its whole payload."""
    with working():
        entries = opened_platform().ledger.entries(kind)
        if sequence is not None:
            entries = [entry for entry in entries if entry.sequence == sequence]
            if not entries:
                raise DataMissing(f"the ledger has no entry {sequence}; see tidegate ledger show")
    chosen = entries[-last:]
    summary = _list(chosen) if sequence is None else _whole(chosen[0])
    show({"entries": [_plain(entry) for entry in chosen]}, summary, as_json)


def _list(entries: list["Entry"]) -> list[str]:
    if not entries:
        return ["no entries yet: the cycle begins with tidegate ingest"]
    rows = [
        (
            entry.sequence,
            f"{entry.time:%Y-%m-%d %H:%M:%S}",
            entry.kind,
            entry.actor,
            entry.digest[:16],
        )
        for entry in entries
    ]
    return table(("entry", "time, UTC", "kind", "who", "digest"), rows)


def _whole(entry: "Entry") -> list[str]:
    payload = json.dumps(dict(entry.payload), indent=2, ensure_ascii=False, sort_keys=True)
    return [*_list([entry]), payload]


def _plain(entry: "Entry") -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "time": entry.time.isoformat(),
        "kind": entry.kind.value,
        "key": entry.key,
        "actor": entry.actor,
        "payload": dict(entry.payload),
        "payload_digest": entry.payload_digest,
        "previous_digest": entry.previous_digest,
        "digest": entry.digest,
    }
