"""Evidence of a limit response is what measuring again finds, never what was registered."""

import json
from types import SimpleNamespace

import pytest

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import ModelError
from credit_limits.domain.limit_response import RESPONSE_TAG
from tests.response_samples import response_policy, trial
from tidegate.operations.limit_response_evidence import contradicted_by, limit_response_evidence
from training.limit_response import ResponseEstimate, estimate_response


@pytest.fixture(scope="module")
def measured() -> ResponseEstimate:
    return estimate_response(trial(2000), response_policy())


def candidate(measured: ResponseEstimate, content: bytes | None = None) -> SimpleNamespace:
    tags = {RESPONSE_TAG: "3"} if content is not None else {}
    return SimpleNamespace(
        measured_response=measured, response_file=content, loaded=SimpleNamespace(tags=tags)
    )


def spoilt(measured: ResponseEstimate, **changed: object) -> bytes:
    return canonical_json({**json.loads(measured.content), **changed})


@pytest.mark.parametrize("registered", [True, False])
def test_what_is_measured_is_the_evidence_whether_or_not_it_is_registered(measured, registered):
    found = limit_response_evidence(candidate(measured, measured.content if registered else None))
    assert found.rows == found.randomized_rows == 2000
    assert found.balance_log_per_log_limit == measured.balance
    assert found.default_log_odds_per_log_limit is None
    assert (found.dose_steps, found.dose_violations) == (3, 0)


def test_a_registered_figure_that_measuring_again_contradicts_is_no_evidence(measured):
    better = {"value": 0.9, "low": 0.8, "high": 1.0}
    forged = candidate(measured, spoilt(measured, balance_log_per_log_limit=better, rows=9000))
    assert contradicted_by(forged) == ("balance_log_per_log_limit", "rows")
    with pytest.raises(ModelError, match=r"version 3 .*balance_log_per_log_limit, rows.*train"):
        limit_response_evidence(forged)


def test_a_wrong_sign_is_not_hidden_by_registering_nothing():
    """Whoever takes the tag off a version does not take its evidence away."""
    falling = estimate_response(trial(2000, elasticity=-0.4), response_policy())
    found = limit_response_evidence(candidate(falling))
    assert found.balance_log_per_log_limit.high < 0.0


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[]", b"null", b"3"])
def test_a_file_that_is_no_response_is_told(measured, content):
    with pytest.raises(ModelError, match=r"limit_response\.json cannot be read"):
        contradicted_by(candidate(measured, content))


def test_nothing_registered_contradicts_nothing(measured):
    assert contradicted_by(candidate(measured)) == ()
    assert contradicted_by(candidate(measured, measured.content)) == ()
