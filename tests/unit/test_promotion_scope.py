"""What people sign for, as a digest: it stays what it was, and anything else is another scope."""

from types import SimpleNamespace

import pytest

from credit_limits.gates.approvals import Event
from credit_limits.gates.result import CheckName
from tidegate.operations.candidate import scope_of

OVERRIDE = {"check": CheckName.PERFORMANCE, "finding": "f" * 64}
PROMOTION = {"events": [Event.PROMOTION]}


def judged(**changes: object) -> SimpleNamespace:
    """A candidate and the thresholds that judge it, as far as a scope reads them."""
    fields = {
        "model_name": "default_risk",
        "version": "4",
        "artefact_digest": "a" * 64,
        "feature_service": "default_risk_v1",
        "schema_hash": "5" * 64,
        "data_versions": {"accounts": 3, "customers": 1},
        "thresholds_digest": "7" * 64,
        "champion_before": "c" * 64,
    } | changes
    return SimpleNamespace(
        loaded=SimpleNamespace(
            model_name=fields["model_name"],
            version=fields["version"],
            model=SimpleNamespace(artefact_digest=fields["artefact_digest"]),
            feature_service=fields["feature_service"],
        ),
        schema_in_use=fields["schema_hash"],
        lineage=fields["data_versions"],
        standing=SimpleNamespace(entry_digest=before)
        if (before := fields["champion_before"])
        else None,
        gates=SimpleNamespace(digest=fields["thresholds_digest"]),
    )


def scope(purpose: str, about: dict[str, object], **changes: object) -> str:
    candidate = judged(**changes)
    return scope_of(candidate, candidate.gates, purpose, about)


def test_what_was_signed_once_is_signed_for_ever():
    assert scope("override", OVERRIDE) == (
        "6e13603c34592b2f21c7b9166263194eedabdf39a9a8f07f2d02acb5a47f6b2e"
    )
    assert scope("promotion", PROMOTION) == (
        "991b24cb18b268677d08cc64dd90a43fa16420d86157850324640ecdafc79f55"
    )


def test_a_first_champion_follows_none():
    first = {"events": [Event.PROMOTION, Event.FIRST_CHAMPION]}
    assert scope("promotion", first, champion_before=None) == (
        "0ea933e4efed863f93b8cea1313a0114a81533c94e48d684816aacd493f85000"
    )


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("model_name", "limit_response"),
        ("version", "5"),
        ("artefact_digest", "b" * 64),
        ("feature_service", "default_risk_v2"),
        ("schema_hash", "6" * 64),
        ("data_versions", {"accounts": 4, "customers": 1}),
        ("thresholds_digest", "8" * 64),
        ("champion_before", None),
    ],
)
def test_another_of_anything_is_another_scope(field, other):
    assert scope("promotion", PROMOTION, **{field: other}) != scope("promotion", PROMOTION)


def test_an_approval_is_no_override_and_one_finding_not_another():
    scopes = {
        scope("promotion", PROMOTION),
        scope("promotion", {"events": [Event.PROMOTION, Event.LOOSENED_THRESHOLD]}),
        scope("promotion", OVERRIDE),
        scope("override", OVERRIDE),
        scope("override", OVERRIDE | {"finding": "e" * 64}),
        scope("override", OVERRIDE | {"check": CheckName.FAIRNESS}),
    }
    assert len(scopes) == 6
