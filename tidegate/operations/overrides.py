"""Overrides by the ledger: which have been signed, which count for a refusal, which hold today."""

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from credit_limits.gates.overrides import (
    SignedOverride,
    finding_of,
    granted_overrides,
    read_override,
)
from credit_limits.gates.result import CheckName, Granted
from credit_limits.gates.verdict import Refused, Verdict
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.dated_policies import DatedFile
from tidegate.adapters.signing import verifies
from tidegate.operations.approvals import approval_policy
from tidegate.operations.candidate import Candidate, scope_of
from tidegate.operations.ledger_time import latest_time
from tidegate.operations.makers import makers_of
from tidegate.operations.platform import Platform
from tidegate.operations.thresholds_history import judging_day

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """A signed override and the entry of the ledger that carries it."""

    signed: SignedOverride
    entry: Entry


def signed_overrides(platform: Platform) -> list[SignedEntry]:
    """Every signature under an override in the ledger, oldest first; unreadable ones left out."""
    return list(_readable(platform.ledger.entries(EntryKind.OVERRIDE_SIGNED)))


def override_scope(candidate: Candidate, gates: DatedFile, check: CheckName, finding: str) -> str:
    """Digest of exactly what an override is about; see :mod:`credit_limits.gates.overrides`.

    Raises:
        ModelError: the version does not say on which data it was trained.
    """
    return scope_of(candidate, gates, "override", {"check": check, "finding": finding})


def overrides_of(candidate: Candidate, gates: DatedFile, verdict: Verdict) -> tuple[Granted, ...]:
    """The overrides that count, now, for what a verdict refuses.

    Raises:
        PolicyError: no approval policy is in force, or it cannot be used.
        ModelError: the version does not say on which data it was trained.
    """
    platform = candidate.platform
    signed = [item.signed for item in signed_overrides(platform)]
    if not isinstance(verdict, Refused) or not signed:
        return ()
    scopes = {
        result.check: override_scope(
            candidate,
            gates,
            result.check,
            finding_of(result.check, result.measured, result.thresholds),
        )
        for result in verdict.failing
        if not result.evidence_missing
    }
    return granted_overrides(
        signed,
        approval_policy(platform, judging_day(platform, candidate.as_of)),
        scopes=scopes,
        now=latest_time(platform),
        makers=makers_of(candidate),
        verifies=verifies,
    )


def _readable(entries: Iterable[Entry]) -> Iterable[SignedEntry]:
    for entry in entries:
        try:
            yield SignedEntry(read_override(entry.payload), entry)
        except ValueError as error:
            _log.warning("override_unreadable", entry=entry.sequence, reason=str(error))
