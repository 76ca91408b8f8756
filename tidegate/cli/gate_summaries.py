"""What the commands about people, keys and history say when they are done."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from credit_limits.domain.money import MINOR_PER_YUAN
from tidegate.cli.invocation import table

if TYPE_CHECKING:
    from tidegate.operations.approve_people import ApprovePeopleOutcome
    from tidegate.operations.give_approval import ApprovalOutcome
    from tidegate.operations.history import HistoryOutcome, Reign, StepTaken
    from tidegate.operations.launch_status import LaunchStatusOutcome
    from tidegate.operations.launch_stop import StopLaunchOutcome
    from tidegate.operations.launches import LaunchServed
    from tidegate.operations.list_keys import ListKeysOutcome
    from tidegate.operations.list_overrides import ListOverridesOutcome, OverrideListed
    from tidegate.operations.new_key import NewKeyOutcome
    from tidegate.operations.override_version import OverrideOutcome
    from tidegate.operations.revoke_key import RevokeKeyOutcome
    from tidegate.operations.rotate_key import RotateKeyOutcome
    from tidegate.operations.write_evidence import WriteEvidenceOutcome

_SHORT = 16


def _approved(outcome: "ApprovalOutcome") -> list[str]:
    word = "approves" if outcome.approves else "rejects"
    until = f", good until {outcome.expires_on}" if outcome.expires_on else ""
    missing = outcome.required - len(outcome.approvers)
    if outcome.rejected_by:
        following = f"it stays out: rejected by {', '.join(outcome.rejected_by)}"
    elif missing > 0:
        following = f"next: {missing} more must approve"
    else:
        following = f"next: tidegate promote --version {outcome.version}"
    return [
        f"{outcome.name} {word} {outcome.model_name} version {outcome.version}{until}",
        f"asked for: {', '.join(outcome.asked)}; {len(outcome.approvers)} of {outcome.required} "
        f"approvals: {', '.join(outcome.approvers) or 'none'}",
        following,
    ]


def _people_approved(outcome: "ApprovePeopleOutcome") -> list[str]:
    state = "it counts now" if outcome.in_force else "the list before counts until then"
    return [
        f"{outcome.name} approves {outcome.file_version}: {len(outcome.approvers)} of "
        f"{outcome.required}, {state}"
    ]


def _evidence(outcome: "WriteEvidenceOutcome") -> list[str]:
    return [
        f"{outcome.model_name} version {outcome.version}. {outcome.sentence}",
        *outcome.unusual,
        f"asked of you: {outcome.asked}",
        f"page: {outcome.page}",
        f"JSON: {outcome.json_file}",
    ]


def _override(outcome: "OverrideOutcome") -> list[str]:
    missing = outcome.required - len(outcome.signed_by)
    same = (
        f"tidegate override {outcome.version} --check {outcome.check} --until {outcome.until} "
        f"--reason {json.dumps(outcome.reason, ensure_ascii=False)} --key FILE"
    )
    following = (
        [f"next: {missing} more must sign the same:", same]
        if missing > 0
        else [f"next: tidegate promote --version {outcome.version}"]
    )
    return [
        f"{outcome.name} answers for {outcome.check} of {outcome.model_name} version "
        f"{outcome.version} until {outcome.until}: {outcome.reason}",
        f"found: {outcome.found}",
        f"{len(outcome.signed_by)} of {outcome.required} signatures: "
        f"{', '.join(outcome.signed_by) or 'none'}",
        *(
            f"another override of the same, which does not count to this: {o}"
            for o in outcome.others
        ),
        *following,
    ]


_STATES = {"waits": "waits for keys", "signed": "signed by enough", "ended": "ended"}


def _overrides(outcome: "ListOverridesOutcome") -> list[str]:
    if not outcome.overrides:
        return [f"no override holds on {outcome.today}"]
    rows = [
        (
            row.version,
            row.check,
            f"{row.until}",
            _STATES[row.state],
            f"{', '.join(row.signed_by) or 'nobody'} ({len(row.signed_by)} of {row.required})",
            row.reason,
        )
        for row in outcome.overrides
    ]
    return table(("version", "check", "until", "state", "signed by", "why"), rows)


def _answered_for(rows: list["OverrideListed"]) -> list[str]:
    return [
        f"{row.check} of version {row.version} is overridden until {row.until} by "
        f"{' and '.join(row.signed_by)}: {row.reason}"
        for row in rows
    ]


def _history(outcome: "HistoryOutcome") -> list[str]:
    if outcome.on is None:
        return [
            *_champions(outcome.champions),
            *_steps(outcome.steps),
            *_answered_for(outcome.overrides),
        ]
    decided = [
        f"limits on {outcome.on}: version {batch.version}, {batch.decisions:,} decisions of "
        f"{batch.as_of}, batch {batch.batch_id}, ledger entry {batch.ledger_entry}"
        for batch in outcome.batches
    ]
    return [
        *(decided or [f"no limits were decided up to {outcome.on}"]),
        *(_champions(outcome.champions, f"on {outcome.on}")),
        *_steps(outcome.steps),
        *_answered_for(outcome.overrides),
    ]


def _steps(steps: list["StepTaken"]) -> list[str]:
    if not steps:
        return []
    rows = [
        (step.version, step.step, step.since, step.until or "", step.who, step.ledger_entry)
        for step in steps
    ]
    return [
        *table(("launch of version", "step", "from", "to", "by", "entry"), rows),
        *(f"entry {step.ledger_entry}: {step.reason}" for step in steps),
    ]


def _launch(outcome: "LaunchStatusOutcome") -> list[str]:
    lines = [f"champion of {outcome.model_name}: version {outcome.champion or 'none'}"]
    if outcome.version is None:
        return [*lines, "no version launches", *_ended(outcome)]
    steps = [
        (
            "now" if row.now else "",
            row.step,
            f"{row.share:.0%}" if row.share else "",
            f"{row.served} of {row.cycles}" if row.cycles else "",
            row.since or "",
        )
        for row in outcome.steps
    ]
    return [
        *lines,
        f"version {outcome.version} launches, in {outcome.step} since {outcome.since}",
        *table(("", "step", "accounts", "cycles served", "since"), steps),
        *([f"canary: {outcome.harm_sentence}"] if outcome.harm_sentence else []),
        *_swap(outcome.last_served),
        f"next: {outcome.next}",
    ]


def _swap(served: "LaunchServed | None") -> list[str]:
    """Parity and swap set of the last cycle in shadow; amounts in yuan."""
    if served is None or served.parity is None:
        return []
    parity, groups = served.parity, served.swap_set
    rows = [
        (
            group.name,
            group.accounts,
            *(group.raised_by_launching, group.raised_by_champion),
            *(group.cut_by_launching, group.cut_by_champion),
            round(group.expected_profit_minor / MINOR_PER_YUAN),
            round(group.expected_loss_minor / MINOR_PER_YUAN),
            round(group.exposure_minor / MINOR_PER_YUAN),
        )
        for group in groups
    ]
    header = (
        *("of", "accounts", "raised by it alone", "by champion alone"),
        *("cut by it alone", "by champion alone", "profit", "loss", "exposure"),
    )
    return [
        f"shadow of {served.as_of}: {parity.accounts:,} accounts decided by both, "
        f"{parity.only_champion + parity.only_launching:,} by one of them; "
        f"{parity.same_score:,} scored alike, {parity.same_score_and_limit:,} of these given the "
        "same limit",
        *table(header, rows),
    ]


def _ended(outcome: "LaunchStatusOutcome") -> list[str]:
    last = outcome.last_stopped
    if last is None:
        return []
    return [
        f"the last launch, of version {last.version}, was stopped on {last.as_of}: {last.reason}"
    ]


def _launch_stopped(outcome: "StopLaunchOutcome") -> list[str]:
    return [
        f"the launch of version {outcome.version} is stopped in {outcome.step}; the champion stays",
        "next: tidegate adjust",
    ]


def _champions(champions: list["Reign"], when: str = "yet") -> list[str]:
    if not champions:
        return [f"there was no champion {when}"]
    rows = [
        (
            reign.version,
            f"{reign.since:%Y-%m-%d %H:%M}",
            f"{reign.until:%Y-%m-%d %H:%M}" if reign.until else "now",
            reign.how,
            reign.who,
            ", ".join(reign.approvals) or "nobody asked",
            reign.evidence_digest[:_SHORT],
            reign.certificate_digest[:_SHORT],
            reign.ledger_entry,
        )
        for reign in champions
    ]
    header = (
        *("version", "champion from", "to", "how", "by", "approved by"),
        *("evidence", "certificate", "entry"),
    )
    return [
        *table(header, rows),
        *(f"entry {r.ledger_entry}: {r.reason}" for r in champions if r.reason),
        *(line for reign in champions for line in _loosened(reign)),
        *(
            f"entry {reign.ledger_entry}: {what}"
            for reign in champions
            for what in reign.overridden
        ),
        *dict.fromkeys(f"evidence of version {r.version}: {r.evidence}" for r in champions),
    ]


def _loosened(reign: "Reign") -> list[str]:
    if not reign.loosened:
        return []
    said = "also cleared" if reign.older_thresholds_passed else "not cleared"
    return [
        f"entry {reign.ledger_entry}: {said} by the thresholds before {', '.join(reign.loosened)}"
    ]


def _made(outcome: "NewKeyOutcome") -> list[str]:
    return [
        f"private key {outcome.key_id} in {outcome.path}: keep it to yourself",
        f"public_key: {outcome.public_key}",
        "next: have it added to people in a new file in policies/approvals",
    ]


def _listed(outcome: "ListKeysOutcome") -> list[str]:
    rows = [
        (
            key.key_id,
            f"{key.added:%Y-%m-%d %H:%M}",
            f"{key.revoked:%Y-%m-%d %H:%M}" if key.revoked else "",
            key.why or "",
        )
        for key in outcome.keys
    ]
    if not rows:
        return ["no key yet: the first promotion makes one"]
    return table(("key", "added", "revoked", "why"), rows)


def _rotated(outcome: "RotateKeyOutcome") -> list[str]:
    return [
        f"the key {outcome.key_id} signs now; what {outcome.previous_key_id} has signed stays good"
    ]


def _revoked(outcome: "RevokeKeyOutcome") -> list[str]:
    return [
        f"the key {outcome.key_id} is revoked; {outcome.signing_key_id} signs now",
        "next: tidegate promote or tidegate roll-back, where it signed for the champion",
    ]


GATE_SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "approve_version": _approved,
    "reject_version": _approved,
    "approve_people": _people_approved,
    "write_evidence": _evidence,
    "override_version": _override,
    "list_overrides": _overrides,
    "history": _history,
    "launch_status": _launch,
    "launch_stop": _launch_stopped,
    "new_key": _made,
    "list_keys": _listed,
    "rotate_key": _rotated,
    "revoke_key": _revoked,
}
