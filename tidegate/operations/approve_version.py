"""Approve: a person signs for a version that waits for people; the next promotion counts it."""

from tidegate.operations.give_approval import ApprovalOutcome, ApprovalRequest, give_approval
from tidegate.operations.platform import Platform

__all__ = ["ApprovalRequest", "approve_version"]


def approve_version(platform: Platform, request: ApprovalRequest) -> ApprovalOutcome:
    """Record a signed yes; raises as :func:`~tidegate.operations.give_approval.give_approval`."""
    return give_approval(platform, request, approves=True)
