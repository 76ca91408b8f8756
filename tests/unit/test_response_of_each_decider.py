"""Whoever decides does so with the response of its own certificate: canary, champion, candidate."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from credit_limits.domain.digest import canonical_json, digest_bytes
from credit_limits.domain.limit_response import (
    BALANCE_KEY,
    DEFAULT_KEY,
    RESPONSE_FILE,
    RESPONSE_TAG,
    read_limit_response,
)
from tests.promotion_samples import MemoryRegistry
from tidegate.operations import candidate as candidates
from tidegate.operations import champion as champions
from tidegate.operations.candidate import Candidate

AS_OF = date(2024, 1, 31)


def content(elasticity: float) -> bytes:
    return canonical_json({BALANCE_KEY: {"value": elasticity}, DEFAULT_KEY: None})


FILES = {("8", RESPONSE_FILE): content(0.8), ("9", RESPONSE_FILE): content(0.9)}


def certificate(version: str):
    return SimpleNamespace(
        model_name="default_risk",
        version="1",
        digest="c",
        limit_response_version=version,
        limit_response_digest=digest_bytes(FILES[version, RESPONSE_FILE]) if version else "",
    )


@pytest.fixture
def platform():
    return SimpleNamespace(registry=MemoryRegistry(files=dict(FILES)))


@pytest.fixture
def asked(monkeypatch) -> dict[str, object]:
    """With which response each version is asked to decide."""
    found: dict[str, object] = {}

    def decided(_platform, loaded, _as_of, _scored, *, response):
        found[loaded.name] = response
        return loaded.name

    monkeypatch.setattr(candidates, "decided_today", decided)
    monkeypatch.setattr(candidates, "portfolio_scored", lambda *_: pd.DataFrame())
    return found


def before_the_gate(platform, champion_response: str) -> Candidate:
    loaded = SimpleNamespace(
        name="candidate", feature_service="default_risk_v1", tags={RESPONSE_TAG: "9"}
    )
    standing = SimpleNamespace(certificate=certificate(champion_response))
    candidate = Candidate(platform, loaded, AS_OF, standing)
    champion = SimpleNamespace(name="champion", feature_service="default_risk_statements_v1")
    candidate.__dict__.update(portfolio=pd.DataFrame(), champion=champion)
    return candidate


def test_the_gate_asks_candidate_and_champion_each_with_its_own(platform, asked):
    candidate = before_the_gate(platform, "8")
    assert (candidate.decided, candidate.champion_decided) == ("candidate", "champion")
    assert asked["candidate"] == read_limit_response(content(0.9), "9")
    assert asked["champion"] == read_limit_response(content(0.8), "8")


def test_a_champion_without_one_is_asked_with_none_beside_a_candidate_with_one(platform, asked):
    candidate = before_the_gate(platform, "")
    assert candidate.champion_decided == "champion"
    assert asked == {"champion": None}


def test_a_version_that_launches_brings_its_own(platform, monkeypatch):
    launching = certificate("9")
    response = read_limit_response(content(0.9), "9")
    monkeypatch.setattr(champions, "standing_champion", lambda *_: None)
    monkeypatch.setattr(champions, "certificate_in", lambda _: launching)
    monkeypatch.setattr(champions, "verify_seal", lambda *_: None)
    monkeypatch.setattr(champions, "verify_overrides", lambda *_: None)
    monkeypatch.setattr(champions, "verify_certificate", lambda *_, **__: None)
    monkeypatch.setattr(champions, "latest_day", lambda _: AS_OF)
    monkeypatch.setattr(champions, "_thresholds_digest", lambda *_: "")
    platform.feature_store = SimpleNamespace(schema_hash=lambda _: "")
    platform.registry.versions["2"] = SimpleNamespace(
        model_name="default_risk",
        version="2",
        feature_service="default_risk_v1",
        model=SimpleNamespace(artefact_digest="a"),
    )
    launch = SimpleNamespace(
        model_name="default_risk",
        version="2",
        begun=SimpleNamespace(payload={"certificate_digest": "c"}),
        intended=SimpleNamespace(payload={}, sequence=4),
    )
    assert champions.load_launching(platform, launch).response == response
