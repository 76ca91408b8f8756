"""Evidence on decisions, protected groups and alarms, from a real lake and a real ledger."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from credit_limits.decisions import decide
from credit_limits.domain.errors import DataMissing, ModelError
from credit_limits.gates.result import CheckName
from credit_limits.gates.verdict import Cleared, Refused, judge
from credit_limits.ledger.entry import EntryKind
from tests.decision_samples import AS_OF, portfolio_of, shipped_policy
from tests.gate_samples import DAY, good_evidence, strict_thresholds, thresholds
from tests.promotion_samples import open_sample
from tidegate.operations.alarm_evidence import drift_evidence
from tidegate.operations.candidate import Candidate
from tidegate.operations.decided_portfolio import DecidedPortfolio
from tidegate.operations.fairness_evidence import fairness_evidence
from tidegate.operations.platform import Platform
from tidegate.operations.portfolio_evidence import portfolio_evidence, welfare_evidence
from tidegate.operations.watch_outcome import WatchDriftOutcome

ACCOUNTS = 600
KNOWN = datetime(2023, 6, 1, tzinfo=UTC)


def decided(safe: np.ndarray) -> DecidedPortfolio:
    """Accounts that may be raised where they are safe; every tenth revolves and every one owes."""
    changes = [
        {"pd": 0.01 if chance else 0.2, "revolving_share_12m": 1.0 if place % 10 == 0 else 0.1}
        for place, chance in enumerate(safe)
    ]
    portfolio = portfolio_of(*changes)
    batch = decide(portfolio, shipped_policy(), 6)
    return DecidedPortfolio(portfolio, batch, np.zeros(len(portfolio), dtype=bool))


RANDOM = np.random.default_rng(3)
SAFE = RANDOM.random(ACCOUNTS) < 0.5
DECIDED = decided(SAFE)


@pytest.fixture
def candidate(tmp_path: Path) -> Candidate:
    """A version whose decisions are made, on a lake that knows of accounts and nothing else."""
    opened = open_sample(tmp_path / "var")
    known = pa.array([KNOWN], pa.timestamp("us", tz="UTC"))
    accounts = {"account_id": ["A1"], "event_timestamp": known, "created_timestamp": known}
    opened.lake.append("accounts", pa.table(accounts), "zero")
    loaded = SimpleNamespace(version="1", tags={"as_of": "2024-01-31", "label_window_months": "6"})
    made = Candidate(opened, loaded, AS_OF, None)
    ids = DECIDED.portfolio.account_id
    made.__dict__.update(
        decided=DECIDED,
        service=SimpleNamespace(feature_names=("income", "age")),
        portfolio=pd.DataFrame(
            {"account_id": ids[::-1], "income": RANDOM.random(ACCOUNTS), "age": np.nan}
        ),
        training_rows=pd.DataFrame(
            {
                "account_id": np.concatenate([ids, ids]),
                "as_of": np.repeat([pd.Timestamp("2023-01-31"), pd.Timestamp("2023-06-30")], 600),
                "label": np.concatenate(
                    [np.ones(ACCOUNTS), ~SAFE & (np.arange(ACCOUNTS) % 2 == 0)]
                ),
            }
        ),
    )
    return made


def protect(
    platform: Platform, known_at: datetime = KNOWN, batch: str = "one", **groups: np.ndarray
) -> None:
    """Rows of the table of protected attributes, one a customer."""
    table = pa.table(
        {
            "customer_id": pa.array(DECIDED.portfolio.customer_id),
            **{name: pa.array(list(column), pa.string()) for name, column in groups.items()},
            "event_timestamp": pa.array([KNOWN] * ACCOUNTS, pa.timestamp("us", tz="UTC")),
            "created_timestamp": pa.array([known_at] * ACCOUNTS, pa.timestamp("us", tz="UTC")),
        }
    )
    platform.lake.append("protected", table, batch)


def by_chance() -> np.ndarray:
    return np.where(np.arange(ACCOUNTS) // 2 % 2, "female", "male")


def test_without_protected_attributes_there_is_no_evidence_of_fairness(candidate):
    with pytest.raises(DataMissing, match=r"no table protected.*or dispense with the check"):
        fairness_evidence(candidate)
    protect(candidate.platform, sex=np.full(ACCOUNTS, None))
    with pytest.raises(DataMissing, match="says nothing of any customer"):
        fairness_evidence(candidate)


def test_groups_are_counted_from_the_decisions_and_the_latest_labels(candidate):
    sex = by_chance()
    protect(candidate.platform, sex=sex, education=np.full(ACCOUNTS, None))
    found = fairness_evidence(candidate)
    (treated,) = found.attributes
    assert (found.customers, treated.attribute) == (ACCOUNTS, "sex")
    up = DECIDED.batch.to_minor > DECIDED.portfolio.limit_minor
    good = SAFE | (np.arange(ACCOUNTS) % 2 == 1)  # all defaulted in the older cohort
    for group in treated.groups:
        inside = sex == group.group
        assert (group.customers, group.raised) == (inside.sum(), up[inside].sum())
        assert (group.good, group.good_raised) == (good[inside].sum(), (up & good)[inside].sum())
    assert up.any()
    verdict = judge(replace(good_evidence(), fairness=found), thresholds(), DAY)
    assert isinstance(verdict, Cleared)


def test_decisions_that_pass_over_a_group_are_refused(candidate):
    rare = np.where(SAFE | (np.arange(ACCOUNTS) % 5 == 0), "male", "female")
    protect(candidate.platform, sex=rare)
    unfair = replace(good_evidence(), fairness=fairness_evidence(candidate))
    verdict = judge(unfair, thresholds(), DAY)
    assert isinstance(verdict, Refused)
    (failing,) = verdict.failing
    assert failing.check is CheckName.FAIRNESS
    assert "sex_approval_ratio_high" in failing.message


def test_what_became_known_later_is_not_read(candidate):
    protect(candidate.platform, sex=by_chance())
    later = datetime(2024, 6, 1, tzinfo=UTC)
    protect(candidate.platform, later, "two", sex=np.full(ACCOUNTS, "female"))
    (treated,) = fairness_evidence(candidate).attributes
    assert [group.group for group in treated.groups] == ["female", "male"]


def test_accounts_of_one_customer_count_once(candidate):
    portfolio = DECIDED.portfolio
    pairs = np.repeat(portfolio.customer_id[::2], 2)
    together = replace(DECIDED, portfolio=replace(portfolio, customer_id=pairs))
    candidate.__dict__["decided"] = together
    protect(candidate.platform, sex=by_chance())
    found = fairness_evidence(candidate)
    assert found.customers == ACCOUNTS // 2
    (treated,) = found.attributes
    assert [(group.group, group.customers) for group in treated.groups] == [
        ("female", 150),
        ("male", 150),
    ]


def test_portfolio_and_welfare_are_sums_over_the_decisions(candidate):
    cautious = decided(SAFE & (np.arange(ACCOUNTS) % 10 != 0))
    candidate.__dict__["champion_decided"] = cautious
    welfare, portfolio = welfare_evidence(candidate), portfolio_evidence(candidate)
    batch, before = DECIDED.batch, DECIDED.portfolio.limit_minor
    added = np.maximum(batch.to_minor - before, 0)
    assert welfare.candidate.added_minor == added.sum()
    assert welfare.candidate.revolver_minor == added[::10].sum()
    assert (welfare.limit_minor, welfare.revolver_limit_minor) == (before.sum(), before[::10].sum())
    assert welfare.champion.revolver_minor == 0 < welfare.candidate.revolver_minor
    assert portfolio.accounts == ACCOUNTS
    assert portfolio.expected_loss_minor == pytest.approx(batch.expected_loss_minor.sum())
    assert portfolio.margin_minor - portfolio.expected_loss_minor == pytest.approx(
        batch.expected_profit_minor.sum()
    )
    assert {cap.name: cap.used for cap in portfolio.caps} == {
        cap.name: cap.used for cap in batch.certificate.caps
    }


def watched(platform: Platform, day: date, level: str) -> None:
    outcome = WatchDriftOutcome(
        as_of=day,
        level=level,
        finding=f"{level} of {day}",
        columns=[],
        rows=1000,
        report="",
        model_version="1",
        certificate_digest="c",
        thresholds_version="monitoring/2005-01-01",
    )
    platform.ledger.append(
        EntryKind.DRIFT_WATCHED, "tester", outcome.model_dump(mode="json"), key=f"{day}{level}"
    )


@pytest.mark.parametrize(
    ("watches", "unanswered"),
    [
        ([], []),
        ([(date(2024, 2, 29), "notice")], []),
        ([(date(2024, 1, 31), "alarm")], []),  # the candidate was trained on that day
        ([(date(2024, 2, 29), "alarm")], [date(2024, 2, 29)]),
        ([(date(2024, 2, 29), "alarm"), (date(2024, 3, 31), "notice")], []),
        ([(date(2024, 2, 29), "alarm"), (date(2024, 2, 29), "none")], []),
        ([(date(2024, 2, 29), "alarm"), (date(2024, 1, 31), "none")], [date(2024, 2, 29)]),
        (
            [
                (date(2024, 2, 29), "alarm"),
                (date(2024, 3, 31), "none"),
                (date(2024, 4, 30), "alarm"),
            ],
            [date(2024, 4, 30)],
        ),
        ([(date(2024, 2, 29), "none"), (date(2024, 2, 29), "alarm")], [date(2024, 2, 29)]),
    ],
)
def test_an_alarm_is_answered_by_a_later_quiet_watch_or_by_a_training_that_knows_its_day(
    candidate, watches, unanswered
):
    for day, level in watches:
        watched(candidate.platform, day, level)
    found = drift_evidence(candidate)
    assert (found.watches, found.alarms_raised) == (
        len(watches),
        sum(level == "alarm" for _, level in watches),
    )
    assert [alarm.raised_on for alarm in found.alarms if not alarm.answer] == unanswered
    verdict = judge(replace(good_evidence(), drift=found), strict_thresholds(), DAY)
    assert {item.check for item in verdict.checks if item.refuses} == (
        {CheckName.DRIFT} if unanswered else set()
    )


def test_a_version_that_does_not_say_when_it_was_trained_answers_nothing(candidate):
    candidate.loaded.tags.pop("as_of")
    with pytest.raises(ModelError, match="does not say when it was trained"):
        drift_evidence(candidate)
