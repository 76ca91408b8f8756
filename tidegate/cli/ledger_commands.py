"""``tidegate ledger``: is the record intact, what does it say, and the proof of a decision."""

import json
from pathlib import Path
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
    app.command("prove", epilog="Example: tidegate ledger prove 4f1c... --out proof.json")(prove)
    app.command("check-proof", epilog="Example: tidegate ledger check-proof proof.json --root R")(
        check
    )


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


def prove(
    *,
    decision_id: Annotated[
        str, typer.Argument(metavar="DECISION_ID", help="The decision, as explain names it.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="File for the proof; it is printed if not given."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the proof of one decision, which shows that decision and no other.

    The proof is one JSON text; 'tidegate ledger check-proof' needs it and the published root.
    """
    with working():
        from tidegate.operations.prove_decision import ProveDecisionRequest, prove_decision

        request = ProveDecisionRequest(decision_id=decision_id, out=out)
        outcome = prove_decision(opened_platform(), request)
    if out is None:
        typer.echo(outcome.proof, nl=False)
        return
    summary = [
        f"decision {outcome.decision_id} of account {outcome.account_id}, one of "
        f"{outcome.decisions:,} in batch {outcome.batch_id}",
        f"its root stands in ledger entry {outcome.entry_sequence}",
        *_names_others(outcome.others_named),
        f"next: tidegate ledger check-proof {out} --root {outcome.root}",
    ]
    show(outcome.model_dump(mode="json", exclude={"proof"}), summary, as_json)


def _names_others(count: int) -> list[str]:
    """The warning that a proof is not for the customer, where its row names others."""
    if not count:
        return []
    return [f"it names {count} linked customers by their ids: for an auditor, not for the customer"]


def check(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The proof.")
    ],
    root: Annotated[
        str,
        typer.Option(metavar="ROOT", help="The published Merkle root: 64 hexadecimal digits."),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Check a proof against the published root; neither lake nor ledger is needed.

    Prints the decision that is proven, or says what does not fit and exits with 17.
    """
    with working():
        from credit_limits.ledger.proof import check_proof

        proven = check_proof(file.read_bytes(), root)
    result = {
        "proven": True,
        "decision": dict(proven.decision),
        "root": proven.root,
        "entry_sequence": proven.entry_sequence,
        "entry_digest": proven.entry_digest,
    }
    summary = [
        f"proven: this decision is under the root {proven.root}, which stands in entry "
        f"{proven.entry_sequence} of the ledger (digest {proven.entry_digest})",
        *table(("column", "value"), [(name, str(v)) for name, v in proven.decision.items()]),
    ]
    show(result, summary, as_json)


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
