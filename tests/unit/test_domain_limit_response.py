"""A limit response is read from its registered file and never leaves what a policy may state."""

import json

import pytest

from credit_limits.domain.digest import canonical_json, digest_bytes
from credit_limits.domain.errors import ModelError
from credit_limits.domain.limit_response import LimitResponse, read_limit_response


def content(balance: object = 0.27, default: object = None) -> bytes:
    def interval(value: object) -> object:
        return {"value": value, "low": 0.0, "high": 1.0}

    return canonical_json(
        {
            "balance_log_per_log_limit": interval(balance),
            "default_log_odds_per_log_limit": default if default is None else interval(default),
        }
    )


def test_a_response_is_named_by_the_bytes_it_was_read_from():
    stored = content(0.27, 0.9)
    assert read_limit_response(stored, "3") == LimitResponse("3", digest_bytes(stored), 0.27, 0.9)
    assert read_limit_response(content(), "3").default_log_odds_per_log_limit is None


@pytest.mark.parametrize(
    ("estimated", "used"), [(-0.02, 0.0), (0.0, 0.0), (0.4, 0.4), (1.0, 1.0), (1.08, 1.0)]
)
def test_a_balance_response_is_held_within_0_and_1(estimated, used):
    assert read_limit_response(content(estimated), "1").balance_elasticity == used


@pytest.mark.parametrize(("estimated", "used"), [(-0.3, 0.0), (0.4, 0.4), (7.0, 5.0)])
def test_a_default_response_is_held_within_0_and_5(estimated, used):
    response = read_limit_response(content(0.3, estimated), "1")
    assert response.default_log_odds_per_log_limit == used


@pytest.mark.parametrize(
    "spoilt",
    [
        *(b"", b"[]", b"null", b"not JSON", b'{"balance_log_per_log_limit": {"value": 0.2}}'),
        *(content("0.3"), content(True), content(None), content(0.3, "many")),
        content().replace(b"0.27", b"NaN"),
        content().replace(b"0.27", b"Infinity"),
        json.dumps(
            {"balance_log_per_log_limit": 0.3, "default_log_odds_per_log_limit": None}
        ).encode(),
    ],
)
def test_a_file_that_states_no_response_is_refused_by_its_version(spoilt):
    with pytest.raises(ModelError, match="limit_response version 7 cannot be read"):
        read_limit_response(spoilt, "7")


@pytest.mark.parametrize(
    "changed",
    [
        *({"version": ""}, {"digest": ""}, {"balance_elasticity": -0.1}),
        *({"balance_elasticity": 1.1}, {"balance_elasticity": float("nan")}),
        *({"default_log_odds_per_log_limit": -1.0}, {"default_log_odds_per_log_limit": 5.1}),
    ],
)
def test_a_response_that_no_policy_may_state_is_unbuildable(changed):
    good = {
        "version": "1",
        "digest": "d" * 64,
        "balance_elasticity": 0.3,
        "default_log_odds_per_log_limit": None,
    }
    with pytest.raises(ValueError, match=next(iter(changed)).split("_")[0]):
        LimitResponse(**(good | changed))
