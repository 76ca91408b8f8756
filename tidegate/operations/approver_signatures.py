"""What a person signs outside a promotion: a brake set, a brake released."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import PolicyError
from tidegate.adapters.signing import read_key
from tidegate.operations.approvals import approval_policy
from tidegate.operations.give_approval import holder_of
from tidegate.operations.platform import Platform


def signed_by_approver(
    platform: Platform, key: Path | None, as_of: date, deed: str, said: Mapping[str, object]
) -> dict[str, str]:
    """``name``, ``key_id`` and ``signature`` of the approver over the canonical JSON of ``said``.

    Empty where the approval policy of the day names nobody and no key is given. ``deed`` words
    what is signed for, as in "a brake is released".

    Raises:
        PolicyError: approvers are named, and no key was given or it is none of theirs.
        SettingsError: the key file cannot be used.
    """
    policy = approval_policy(platform, as_of)
    if key is None:
        if policy.approvers:
            may = ", ".join(person.name for person in policy.approvers)
            raise PolicyError(f"{deed} with the key of one of {may}; name it by --key")
        return {}
    signer = read_key(key)
    person = holder_of(signer, policy)
    signature = signer.sign(canonical_json(dict(said)))
    return {"name": person.name, "key_id": signature.key_id, "signature": signature.value}
