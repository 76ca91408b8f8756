"""Which limit response a cycle tells of: the one that decided, else what the training said."""

from datetime import date
from types import SimpleNamespace

import pytest

from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.cycle_report_model import Interval
from tidegate.operations.gather_cycle import _limit_response
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.limit_response_section import limit_response_told
from tidegate.operations.train_response import (
    DoseStepRow,
    FigureInterval,
    LimitResponseOutcome,
)


def figure(value: float) -> FigureInterval:
    return FigureInterval(value=value, low=value - 0.1, high=value + 0.1)


def trained(version="3", balance=0.27, **change) -> LimitResponseOutcome:
    said = {
        "run_key": "k" * 64,
        "version": version,
        "run_id": "r",
        "digest": "d" * 64,
        "as_of": date(2024, 1, 31),
        "policy_version": "limit_response/2005-01-01",
        "data_versions": {"limit_changes": 0},
        "rows": 1_905,
        "customers": 1_800,
        "defaults": 15,
        "balance": figure(balance),
        "default_absent": "too few",
        "steps": (DoseStepRow(log_limit_ratio=0.2, rows=40, balance_log=figure(0.05)),),
    }
    return LimitResponseOutcome(**(said | change))


NONE = trained("", run_id="", digest="", balance=0.0).model_copy(
    update={"balance": None, "reason": "no limit was drawn at random"}
)


def used(version="3", balance=0.27) -> LimitResponseRow:
    return LimitResponseRow(
        version=version,
        digest="d" * 64 if version else "",
        balance_elasticity=balance,
        default_log_odds_per_log_limit=0.25,
        default_registered=False,
        policy_balance_elasticity=0.5,
        policy_default_log_odds_per_log_limit=0.25,
    )


def test_all_that_is_known_is_told():
    told = limit_response_told(used(), trained())
    assert told.measured.balance == Interval(0.27, pytest.approx(0.17), pytest.approx(0.37))
    assert (told.measured.changes, told.measured.customers, told.measured.defaults) == (
        *(1_905, 1_800, 15),
    )
    assert (told.measured.default, told.measured.default_absent) == (None, "too few")
    (step,) = told.measured.steps
    assert (step.log_limit_ratio, step.changes, step.balance_log.value) == (0.2, 40, 0.05)
    assert (told.used.version, told.used.balance, told.assumed.balance) == ("3", 0.27, 0.5)
    whole = limit_response_told(used(), trained(default=figure(0.9), default_absent=""))
    assert whole.measured.default.value == 0.9


def test_where_none_was_registered_the_reason_stands_in_its_place():
    told = limit_response_told(used("", 0.5), NONE)
    assert (told.measured, told.absent) == (None, "no limit was drawn at random")
    assert (told.used.version, told.used.balance) == ("", 0.5)


def test_without_decisions_there_is_what_was_measured_and_without_either_nothing():
    told = limit_response_told(None, trained())
    assert (told.used, told.assumed, told.measured.version) == (None, None, "3")
    assert limit_response_told(None, None) is None
    assert limit_response_told(used("", 0.5), None).absent == (
        "no limit response is known of this cycle"
    )


def told_by(entries, row, beside):
    """What the page tells, of a ledger with these trainings of responses."""
    payloads = [SimpleNamespace(payload=each.model_dump(mode="json")) for each in entries]
    asked = []

    def of_kind(kind):
        asked.append(kind)
        return payloads

    platform = SimpleNamespace(ledger=SimpleNamespace(entries=of_kind))
    adjusted = [SimpleNamespace(limit_response=row)] if row else []
    found = _limit_response(platform, adjusted, SimpleNamespace(limit_response=beside))
    assert set(asked) <= {EntryKind.LIMIT_RESPONSE_TRAINED}
    return found


def test_the_response_that_decided_is_told_and_not_the_newest():
    old, new = trained("1", 0.2), trained("2", 0.4)
    assert told_by([old, new], used("1", 0.2), new).measured.balance.value == 0.2
    assert told_by([old, new], used("2", 0.4), new).measured.balance.value == 0.4
    # trained twice under one version's name, the later training counts
    again = trained("1", 0.3)
    assert told_by([old, again], used("1", 0.3), new).measured.balance.value == 0.3


def test_where_the_policy_decided_the_training_says_what_there_was():
    assert told_by([trained("1")], used("", 0.5), NONE).absent == "no limit was drawn at random"
    vouched_for_none = told_by([trained("1")], used("", 0.5), trained("1"))
    assert (vouched_for_none.measured.version, vouched_for_none.used.version) == ("1", "")
    assert told_by([], None, trained("4")).measured.version == "4"
    assert told_by([], None, None) is None
