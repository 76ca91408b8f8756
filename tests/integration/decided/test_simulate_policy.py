"""Another limit policy tried on today's portfolio: it says what the adjustment then does."""

import importlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.limit_response import LimitResponse
from tests.conftest import ROOT
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF
from tidegate.cli.summaries import summary_of
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.champion import DEFAULT_RISK, load_champion
from tidegate.operations.explain_account import ExplainAccountRequest, explain_account
from tidegate.operations.recorded_decisions import recorded_batch
from tidegate.operations.recourse_search import RecourseSearch
from tidegate.operations.simulate_policy import SimulatePolicyRequest, simulate_policy

SHIPPED = ROOT / "policies" / "limits"


def draft(folder: Path, section: str, parameter: str, value: object) -> Path:
    content = yaml.safe_load((SHIPPED / "2005-01-01.yaml").read_text(encoding="utf-8"))
    content[section][parameter]["value"] = value
    path = folder / "draft.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def with_rows(path: Path) -> Path:
    """The draft with a cap on changes, one on each partner's exposure, and a ratio row."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    every = {"product": "all", "accounts": "all"}
    content["portfolio_caps"]["caps"]["value"] += [
        {"name": "changed_limits", "measure": "changes", "share_of_accounts": 0.2, **every},
        {"name": "provision", "measure": "provision", "ratio_to_today": 1.01, **every},
        {
            "name": "partners",
            "measure": "exposure",
            "partner": "each",
            "ratio_to_today": 1.05,
            **every,
        },
    ]
    content["portfolio_caps"]["ratio_rows"] = {
        "description": "d",
        "unit": "ratio of averages",
        "reason": "r",
        "value": [
            {
                "name": "cash_loans_keep_up",
                "measure": "increase",
                "group": {"product": "cash_loan"},
                "reference": {"product": "pay_later"},
                "accounts": "all",
                "at_least_ratio": 1.0,
            }
        ],
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def simulated(platform, path: Path):
    return simulate_policy(platform, SimulatePolicyRequest(policy=path, as_of=AS_OF))


def test_the_swap_set_is_what_the_adjustment_under_the_new_policy_does(lender, tmp_path):
    path = with_rows(draft(tmp_path, "observation", "on_time_streak_min", 11))
    platform = copied(lender, tmp_path / "before")
    entries, versions = platform.ledger.entries(), platform.lake.versions()
    told = simulated(platform, path)
    assert (platform.ledger.entries(), platform.lake.versions()) == (entries, versions)
    assert (told.now.version, told.new.version) == ("limits/2005-01-01", "draft draft.yaml")

    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    shutil.copy(path, policies / "limits" / "2005-01-01.yaml")
    after = copied(lender, tmp_path / "after", policies)
    done = adjust_limits(after, AdjustLimitsRequest())
    total = told.changes.total
    assert total.raises_stopped > 0
    assert total.after.raised == done.actions["increase"] < total.before.raised
    assert total.after.limit_minor == sum(group.to_minor for group in done.by_product)
    assert told.new.digest == done.policy_digest
    assert (told.new.caps, told.new.ratio_rows) == (
        done.allocation.caps,
        done.allocation.ratio_rows,
    )
    for action, count in done.actions.items():
        assert count == sum(s.accounts for s in told.changes.swaps if s.after == action)
    assert 0 <= told.new.welfare.revolver_share <= 1
    assert told.new.welfare.added_minor == total.after.added_minor

    page = Path(told.page).read_text(encoding="utf-8")
    assert json.loads(Path(told.data).read_text(encoding="utf-8")) == told.model_dump(mode="json")
    assert f"{total.moved:,} of {total.before.accounts:,} accounts" in page
    lines = summary_of("simulate_policy", told)
    assert told.page in lines[-1]
    for name in ("changed_limits (count)", "partners/partner_b", "cash_loans_keep_up"):
        assert any(name in line for line in lines)
    assert "Cash loans keep up" in page
    check_rows_held(done)
    check_sub_limits(after, done, told)
    check_accounts_alone(after, done)


def check_rows_held(done):
    caps = {cap.name: cap for cap in done.allocation.caps}
    moved = done.actions["increase"] + done.actions["decrease"]
    assert caps["changed_limits"].cap == 0.2 * done.decisions
    assert moved <= caps["changed_limits"].used <= caps["changed_limits"].cap
    assert {"partners/partner_a", "partners/partner_b"} < set(caps)
    (row,) = done.allocation.ratio_rows
    assert row.average_minor >= row.reference_average_minor - 1e-6
    assert row.price > 0
    assert row.accounts + row.reference_accounts == done.decisions


def check_sub_limits(platform, done, told):
    """The means that the simulation tells are those of the rows that the adjustment writes."""
    rows = platform.lake.read("decisions", batch_id=done.batch_id).to_pylist()
    amounts = [
        amount
        for row in rows
        for name, amount in zip(row["scenarios"], row["scenario_limits_minor"], strict=True)
        if name == "cash"
    ]
    (cash,) = [row for row in told.changes.by_scenario if row.scenario == "cash"]
    assert cash.accounts == len(amounts) > 0
    assert cash.mean_after_minor == round(sum(amounts) / len(amounts))
    assert cash.mean_after_minor < cash.mean_before_minor
    assert cash.moved == cash.higher + cash.lower > 0


def check_accounts_alone(platform, done):
    """At the prices of the batch an account by itself is decided as in it, and is told of them."""
    batch = recorded_batch(platform, done.batch_id)
    rows = batch.rows.to_pylist()
    held_back = [
        row["account_id"]
        for row in rows
        if row["reasons"][0] == "portfolio_cap" and row["product"] == "pay_later"
    ]
    some = sorted({*held_back[:20], *(row["account_id"] for row in rows[:40])})
    search = RecourseSearch.of(platform, batch, some)
    alone, _ = search.decide_again(search.portfolio)
    assert (alone == search.decided.to_minor).mean() > 0.9
    asked = ExplainAccountRequest(account_id=held_back[0])
    text = explain_account(platform, asked).text
    assert any("price of raises in its group was" in line for line in text)
    assert any("price of changes of limits was" in line for line in text)


def test_the_policy_in_force_moves_nobody_and_gives_the_same_page_again(
    lender, tmp_path, monkeypatch
):
    """Also by a champion with a limit response: it counts under both policies."""
    platform = copied(lender, tmp_path)
    champion = replace(
        load_champion(platform, DEFAULT_RISK), response=LimitResponse("9", "d" * 64, 0.3, None)
    )
    module = importlib.import_module("tidegate.operations.simulate_policy")
    monkeypatch.setattr(module, "load_champion", lambda *_: champion)
    told = simulated(platform, SHIPPED)
    page = Path(told.page).read_bytes()
    assert told.changes.total.moved == told.changes.sub_limits_moved_alone == 0
    assert {row.moved for row in told.changes.by_scenario} == {0}
    assert {swap.before is swap.after for swap in told.changes.swaps} == {True}
    assert told.now == told.new
    assert told.now.limit_response.words in page.decode()
    assert told.new.limit_response.balance_elasticity == 0.3
    assert Path(simulated(platform, SHIPPED).page).read_bytes() == page


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        (
            "economics.funding_rate",
            3.0,
            r"economics.funding_rate: 3.0 is not within",
        ),
        ("observation.statements_min", "six", "observation.statements_min: 'six' is not a"),
    ],
)
def test_a_wrong_parameter_is_named_before_anything_is_decided(
    lender, tmp_path, parameter, value, said
):
    with pytest.raises(PolicyError, match=said):
        simulated(lender, draft(tmp_path, *parameter.split("."), value))


def test_a_draft_that_is_not_there_or_says_no_day(lender, tmp_path):
    with pytest.raises(PolicyError, match="there is no policy file"):
        simulated(lender, tmp_path / "absent.yaml")
    (tmp_path / "draft.yaml").write_text("limits: {}\n", encoding="utf-8")
    with pytest.raises(PolicyError, match="say the first day"):
        simulated(lender, tmp_path / "draft.yaml")
