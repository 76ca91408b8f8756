"""Approve people: an approver of today signs for a new list of approvers."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.errors import ModelError
from credit_limits.gates.approvals import TWO_KEYS, Approval
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.signing import read_key
from tidegate.operations.approvals import (
    change_scope,
    counted,
    note_approvers,
    noted_policy,
)
from tidegate.operations.give_approval import append_approval, holder_of
from tidegate.operations.ledger_time import latest_time
from tidegate.operations.platform import Platform


class ApprovePeopleRequest(BaseModel):
    """Whose yes to the new list, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Path = Field(description="file with your private key, which nobody else may read")
    reason: str = Field(min_length=1, description="why, as the ledger will tell it")


class ApprovePeopleOutcome(BaseModel):
    """The list that was approved, who has said yes by now, and whether it counts."""

    model_config = ConfigDict(frozen=True)

    file_version: str
    name: str
    approvers: list[str]
    required: int = TWO_KEYS
    in_force: bool


def approve_people(platform: Platform, request: ApprovePeopleRequest) -> ApprovePeopleOutcome:
    """Record a signed yes to the approval policy that lies in the folder of policies.

    The list that the ledger noted last says whose yes counts; with two of them the new one is
    noted in its place.

    Raises:
        ModelError: the ledger has no other list, so there is nothing to approve.
        PolicyError: the new list cannot be used, or the key is nobody's on the list in force.
        SettingsError: the key file cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    day = platform.lake.latest_knowledge()
    file = load_dated(platform.policies("approvals"), day)
    noted = platform.ledger.latest(EntryKind.APPROVERS_CHANGED)
    if noted is None or noted.payload["digest"] == file.digest:
        raise ModelError(f"{file.version} counts as it is: there is nothing to approve")
    before = noted_policy(noted)
    signer = read_key(request.key)
    person = holder_of(signer, before)
    scope = change_scope(noted, file)
    about = {"approvers": file.version, "digest": file.digest}
    if person.name not in counted(platform, before, scope, ()).approvers:
        approval = Approval(True, scope, about, request.reason, latest_time(platform))
        append_approval(platform, approval, signer, person)
    count = counted(platform, before, scope, ())
    note_approvers(platform, day)
    latest = platform.ledger.latest(EntryKind.APPROVERS_CHANGED)
    return ApprovePeopleOutcome(
        file_version=file.version,
        name=person.name,
        approvers=list(count.approvers),
        in_force=latest is not None and latest.payload["digest"] == file.digest,
    )
