"""Only the very response that a certificate vouches for is used; anything else refuses."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from credit_limits.domain.digest import canonical_json, digest_bytes
from credit_limits.domain.errors import ModelError, NoCertifiedChampion
from credit_limits.domain.limit_response import (
    BALANCE_KEY,
    DEFAULT_KEY,
    LIMIT_RESPONSE,
    RESPONSE_FILE,
    RESPONSE_TAG,
    LimitResponse,
)
from credit_limits.gates.measured import Interval
from tests.conftest import ROOT
from tests.gate_samples import good_evidence
from tests.promotion_samples import MemoryRegistry
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations import gather_evidence_pack
from tidegate.operations.candidate import Candidate
from tidegate.operations.certified_response import certified_response
from tidegate.operations.promotion_evidence import _as_certified

CONTENT = canonical_json({BALANCE_KEY: {"value": 0.27}, DEFAULT_KEY: None})
FOUND = LimitResponse("9", digest_bytes(CONTENT), 0.27, None)


def certificate(version="9", digest=FOUND.digest):
    return SimpleNamespace(
        model_name="default_risk",
        version="4",
        limit_response_version=version,
        limit_response_digest=digest,
    )


@pytest.fixture
def platform():
    registry = MemoryRegistry(files={("9", RESPONSE_FILE): CONTENT})
    return SimpleNamespace(registry=registry)


def test_the_response_of_the_certificate_is_read(platform):
    assert certified_response(platform, certificate()) == FOUND
    assert LIMIT_RESPONSE == "limit_response"


def test_a_certificate_without_one_asks_for_none_whatever_is_registered(platform):
    assert certified_response(platform, certificate("", "")) is None


@pytest.mark.parametrize(
    "content", [CONTENT.replace(b"0.27", b"0.72"), CONTENT + b" ", b"{}", b"not JSON", None]
)
def test_another_file_under_the_same_version_or_none_refuses(platform, content):
    del platform.registry.files["9", RESPONSE_FILE]
    if content is not None:
        platform.registry.files["9", RESPONSE_FILE] = content
    with pytest.raises(NoCertifiedChampion, match="limit response version 9 of its certificate"):
        certified_response(platform, certificate())


def test_the_response_of_another_version_refuses(platform):
    platform.registry.files["8", RESPONSE_FILE] = CONTENT.replace(b"0.27", b"0.99")
    with pytest.raises(NoCertifiedChampion, match="tidegate retrain, promote"):
        certified_response(platform, certificate("8"))


def test_what_a_candidate_decides_with_is_what_its_tag_names(platform):
    def candidate(**tags):
        return Candidate(platform, SimpleNamespace(tags=tags), date(2024, 1, 31), None)

    assert candidate(**{RESPONSE_TAG: "9"}).response == FOUND
    assert candidate(**{RESPONSE_TAG: ""}).response is None
    assert candidate().response is None
    with pytest.raises(ModelError, match=r"7 has no limit_response\.json"):
        _ = candidate(**{RESPONSE_TAG: "7"}).response


def test_a_candidate_is_judged_with_the_response_that_will_be_certified(platform):
    gates = load_dated(ROOT / "policies" / "gates" / "default_risk", date(2024, 1, 31))
    loaded = SimpleNamespace(tags={RESPONSE_TAG: "9"})
    named = Candidate(platform, loaded, date(2024, 1, 31), None)
    holds = good_evidence().limit_response
    falls = replace(holds, balance_log_per_log_limit=Interval(-0.2, -0.3, -0.1))
    assert _as_certified(named, holds, gates) is named
    for vouched_for_nothing in (falls, None):
        without = _as_certified(named, vouched_for_nothing, gates)
        assert without == replace(named, answers=False)
        assert without.response is None
        assert without.response_file == CONTENT  # what is measured again is the same
    bare = Candidate(platform, SimpleNamespace(tags={}), date(2024, 1, 31), None)
    assert _as_certified(bare, None, gates) is bare


@pytest.mark.parametrize(
    ("certified", "told"),
    [
        (("9", "d9" * 32), f"version 9, {'d9' * 32}"),
        (("", ""), "as the limit policy assumes"),
    ],
)
def test_the_evidence_pack_names_the_response_of_its_decisions(
    platform, monkeypatch, certified, told
):
    stated = SimpleNamespace(
        digest="c",
        verdict_digest="v",
        policy_version="p",
        policy_digest="pd",
        limit_response_version=certified[0],
        limit_response_digest=certified[1],
    )
    monkeypatch.setattr(gather_evidence_pack, "certificate_in", lambda _: stated)
    platform.ledger = SimpleNamespace(find=lambda *_: object())
    outcome = SimpleNamespace(
        cleared=True, model_name="m", version="4", thresholds_version="t", thresholds_digest="td",
        evidence_digest="e", previous_champion=None,
    )  # fmt: skip
    entry = SimpleNamespace(sequence=7, digest="l", key="k")
    facts = dict(gather_evidence_pack._facts(platform, entry, outcome, {RESPONSE_TAG: "9"}))
    assert facts["Limit response of its decisions"] == told
    assert facts["Limit response trained beside it"] == "9"
    bare = dict(gather_evidence_pack._facts(platform, entry, outcome, {}))
    assert "Limit response trained beside it" not in bare
