"""A champion with a limit response of its own: decided with it, told of it, made again with it."""

import importlib
from dataclasses import replace

import pytest

from credit_limits.domain.digest import canonical_json, digest_bytes
from credit_limits.domain.limit_response import BALANCE_KEY, DEFAULT_KEY, RESPONSE_FILE
from credit_limits.explanation.sentences import Language
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF
from tidegate.cli.summaries import summary_of
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.certified_response import registered_response
from tidegate.operations.champion import load_champion
from tidegate.operations.explain_account import ExplainAccountRequest, explain_account
from tidegate.operations.recorded_decisions import recorded_batch
from tidegate.operations.recourse_search import RecourseSearch
from tidegate.operations.remade_decisions import Part
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision

CONTENT = canonical_json({BALANCE_KEY: {"value": 0.3}, DEFAULT_KEY: None})
FILE = ("9", RESPONSE_FILE)


def answering(platform, model_name):
    """The champion, as if its certificate vouched for the response version 9."""
    return replace(load_champion(platform, model_name), response=registered_response(platform, "9"))


@pytest.fixture(scope="module")
def measured(lender, tmp_path_factory):
    """One product of the lender decided by a champion with a response; only ever to be read."""
    platform = copied(lender, tmp_path_factory.mktemp("measured"))
    platform.registry.files[FILE] = CONTENT
    with pytest.MonkeyPatch.context() as patch:
        module = importlib.import_module("tidegate.operations.adjust_limits")
        patch.setattr(module, "load_champion", answering)
        outcome = adjust_limits(platform, AdjustLimitsRequest(as_of=AS_OF, product="cash_loan"))
    return platform, outcome


@pytest.fixture
def spoilable(measured):
    """The registry's file put back as it was."""
    platform, outcome = measured
    yield platform, outcome
    platform.registry.files[FILE] = CONTENT


def replayed(platform, outcome):
    return replay_decision(platform, ReplayDecisionRequest(batch=outcome.batch_id))


def first_with(platform, action):
    rows = platform.lake.read("decisions").to_pylist()
    return next(row["account_id"] for row in rows if row["action"] == action)


def of_response(outcome):
    return next(row for row in outcome.parts if row.part is Part.LIMIT_RESPONSE)


def test_it_decides_and_every_row_names_it(measured, decided):
    platform, outcome = measured
    rows = platform.lake.read("decisions", batch_id=outcome.batch_id).to_pylist()
    every = decided.lake.read("decisions").to_pylist()
    before = [row for row in every if row["product"] == "cash_loan"]
    assert {row["limit_response_version"] for row in rows} == {"9"}
    assert {row["limit_response_digest"] for row in rows} == {digest_bytes(CONTENT)}
    assert {row["limit_response_digest"] for row in before} == {""}
    assert not {row["decision_id"] for row in rows} & {row["decision_id"] for row in before}
    # of the same raise a smaller balance is expected, and so a smaller exposure
    assumed = {(row["account_id"], row["to_minor"]): row["exposure_minor"] for row in before}
    alike = [
        (row["exposure_minor"], assumed[row["account_id"], row["to_minor"]])
        for row in rows
        if row["action"] == "increase" and (row["account_id"], row["to_minor"]) in assumed
    ]
    assert len(alike) > 20
    assert all(measured <= assumed for measured, assumed in alike)
    assert any(measured < assumed for measured, assumed in alike)
    told = outcome.limit_response
    assert (told.version, told.balance_elasticity, told.default_registered) == ("9", 0.3, False)
    assert (told.policy_balance_elasticity, told.default_log_odds_per_log_limit) == (0.5, 0.25)
    assert told.words in summary_of("adjust_limits", outcome)


def test_it_is_told_with_its_version_and_else_the_policy_is(measured, decided):
    platform, _ = measured
    account = first_with(platform, "increase")
    request = ExplainAccountRequest(account_id=account)
    (line,) = [t for t in explain_account(platform, request).text if "higher by 10 %" in t]
    assert "raise the balance by 2.9% " in line
    assert "the balance by limit response version 9" in line
    (line,) = [t for t in explain_account(decided, request).text if "higher by 10 %" in t]
    assert line.endswith("by 4.9% and the odds of default by 2.4%: as the policy assumes.")
    chinese = request.model_copy(update={"language": Language.CHINESE})
    assert any("额度反应模型版本9" in t for t in explain_account(platform, chinese).text)


def test_ways_out_are_sought_with_the_same_response(measured):
    platform, outcome = measured
    batch = recorded_batch(platform, outcome.batch_id)
    held = [row["account_id"] for row in batch.rows.to_pylist() if row["action"] == "hold"]
    search = RecourseSearch.of(platform, batch, sorted(held)[:40])
    assert search.policy.economics.balance_elasticity == 0.3
    again, _ = search.decide_again(search.portfolio)
    assert (again == search.decided.to_minor).mean() > 0.9


def test_made_again_it_is_identical(measured):
    platform, outcome = measured
    found = replayed(platform, outcome)
    assert found.all_identical
    assert of_response(found).recorded == f"version 9, {digest_bytes(CONTENT)}"


@pytest.mark.parametrize("content", [CONTENT.replace(b"0.3", b"0.6"), None])
def test_another_response_under_the_same_version_or_none_is_what_changed(spoilable, content):
    platform, outcome = spoilable
    del platform.registry.files[FILE]
    if content is not None:
        platform.registry.files[FILE] = content
    found = replayed(platform, outcome)
    assert found.changed == (Part.LIMIT_RESPONSE,)
    assert summary_of("replay_decision", found)[0] == "changed: limit response"
    not_raised = ExplainAccountRequest(account_id=first_with(platform, "hold"))
    text = explain_account(platform, not_raised).text
    assert any("since the inputs of that day are not there unchanged" in line for line in text)
