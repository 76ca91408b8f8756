"""Accounts without a limit in the lender's books: decided, told and replayed with all others."""

import shutil
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from credit_limits.explanation.sentences import Language
from credit_limits.policy.initial_limits import without_limit
from credit_limits.policy.risk_grades import Grade
from monitoring.drift import SCORE
from tests.decision_samples import shipped_policy
from tests.promotion_samples import AS_OF, SERVICE, open_sample
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.explain_account import ExplainAccountRequest, explain_account
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import Platform
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision

KNOWN, NO_INCOME, ASKED = "NEW-1", "NEW-2", "NEW-3"
REQUEST = AdjustLimitsRequest(as_of=AS_OF)


def added(platform: Platform) -> None:
    """Three new customers with an account each: limit 0, no statement."""
    customers = platform.lake.read("customers").slice(0, 3)
    accounts = platform.lake.read("accounts").slice(0, 3)
    ids = pa.array([KNOWN, NO_INCOME, ASKED])
    columns = {
        "customer_id": ids,
        "income_monthly_minor": pa.array([2_000_000, None, 2_000_000], pa.int64()),
        "human_review_only": pa.array([False, False, True]),
        "declines_increases": pa.array([False] * 3),
        "segment": pa.array(["consumer"] * 3),
        "account_id": ids,
        "limit_minor": pa.array(np.zeros(3, np.int64)),
        "product": pa.array(["pay_later"] * 3),
    }
    for name, rows in (("customers", customers), ("accounts", accounts)):
        kept = {column: columns.get(column, rows[column]) for column in rows.column_names}
        del kept["batch_id"]
        platform.lake.append(name, pa.table(kept), "batch-2")


@pytest.fixture(scope="module")
def decided_anew(lender: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    folder = tmp_path_factory.mktemp("first") / "var"
    shutil.copytree(lender.settings.var_dir, folder)
    opened = open_sample(folder)
    opened.__dict__["registry"] = lender.registry.copy()
    added(opened)
    asked = MaterializeFeaturesRequest(as_of=AS_OF, feature_service=SERVICE, history_months=1)
    materialize_features(opened, asked)
    adjust_limits(opened, REQUEST)
    return opened


def rows_of(platform: Platform) -> dict[str, dict]:
    rows = platform.lake.read("decisions").to_pylist()
    return {row["account_id"]: row for row in rows}


def test_first_limits_are_decided_by_what_is_known(decided_anew):
    rows = rows_of(decided_anew)
    assert len(rows) == len(decided_anew.feature_store.accounts_at(AS_OF))
    known, no_income, asked = (rows[account] for account in (KNOWN, NO_INCOME, ASKED))
    assert (known["from_minor"], known["action"]) == (0, "increase")
    assert known["reasons"] == ["initial_limit", "initial_limit_thin_file"]
    # no bureau here: a thin file of its grade, and its uses within it
    rules, grade = shipped_policy().initial_limits, Grade(known["grade"])
    assert known["to_minor"] == rules.thin_file_amounts_minor[list(Grade).index(grade)][0] > 0
    assert max(known["scenario_limits_minor"]) == known["to_minor"]
    assert (no_income["to_minor"], no_income["reasons"]) == (0, ["rule_not_evaluated"])
    assert "income_monthly_minor" in " ".join(no_income["rules"])
    assert (asked["to_minor"], asked["action"]) == (0, "refer")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (Language.ENGLISH, "This is the first limit of the account. Little is known of your"),
        (Language.CHINESE, "这是该账户的首次授信额度。您的信用记录尚少，首次额度从小额开始。"),
    ],
)
def test_a_first_limit_is_explained(decided_anew, language, told):
    request = ExplainAccountRequest(account_id=KNOWN, language=language)
    assert told in "\n".join(explain_account(decided_anew, request).text)


def test_they_are_made_once_and_made_again_identically(decided_anew):
    assert adjust_limits(decided_anew, REQUEST).recognised
    row = rows_of(decided_anew)[KNOWN]
    replayed = replay_decision(decided_anew, ReplayDecisionRequest(decision_id=row["decision_id"]))
    assert (replayed.identical, replayed.changed) == (1, ())


def test_from_the_next_day_on_the_account_has_a_change_behind_it(decided_anew):
    scored = pd.DataFrame({"account_id": [KNOWN, NO_INCOME], SCORE: [0.02, 0.02]})
    after = read_portfolio(decided_anew.lake, AS_OF + timedelta(days=1), scored, SCORE)
    assert without_limit(after).tolist() == [False, True]
