"""Reject: a person says no to a version that waits for people; it stays out until they say yes."""

from tidegate.operations.give_approval import ApprovalOutcome, ApprovalRequest, give_approval
from tidegate.operations.platform import Platform

__all__ = ["ApprovalRequest", "reject_version"]


def reject_version(platform: Platform, request: ApprovalRequest) -> ApprovalOutcome:
    """Record a signed no; raises as :func:`~tidegate.operations.give_approval.give_approval`."""
    return give_approval(platform, request, approves=False)
