"""A person holds raises back: previewed, set, in force in decisions, replayed, ended."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import InputError, PolicyError
from credit_limits.ledger.entry import EntryKind
from tests.conftest import ROOT
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF
from tidegate.adapters.signing import make_key, verifies
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.brakes import open_brakes
from tidegate.operations.explain_account import ExplainAccountRequest, explain_account
from tidegate.operations.list_brakes import ListBrakesRequest, list_brakes
from tidegate.operations.platform import Platform
from tidegate.operations.preview_brake import PreviewBrakeRequest, preview_brake
from tidegate.operations.release_brake import ReleaseBrakeRequest, release_brake
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision
from tidegate.operations.set_brake import SetBrakeOutcome, SetBrakeRequest, set_brake

REQUEST = AdjustLimitsRequest(as_of=AS_OF)
UNTIL = date(2024, 6, 30)
WEST = {"measure": "no_increases", "region": "west"}


@pytest.fixture
def platform(lender: Platform, tmp_path: Path) -> Platform:
    return copied(lender, tmp_path)


def brake_set(platform: Platform, **given) -> SetBrakeOutcome:
    told = {"as_of": AS_OF, "until": UNTIL, "owner": "head of credit", "reason": "why"}
    return set_brake(platform, SetBrakeRequest(**(told | given)))


def by_account(platform: Platform, batch_id: str) -> dict[str, dict]:
    rows = platform.lake.read("decisions", batch_id=batch_id).to_pylist()
    return {row["account_id"]: row for row in rows}


def regions(platform: Platform) -> dict[str, str]:
    with platform.lake.connect(tables=["customers", "accounts"]) as lake:
        return dict(
            lake.execute(
                "SELECT account_id, region FROM accounts JOIN customers USING (customer_id)"
            ).fetchall()
        )


def test_the_preview_says_what_the_brake_then_does_and_writes_nothing(platform):
    before, versions = platform.ledger.entries(), platform.lake.versions()
    told = preview_brake(platform, PreviewBrakeRequest(as_of=AS_OF, **WEST))
    assert platform.ledger.entries() == before
    assert platform.lake.versions() == versions
    total = told.changes.total
    assert (total.before.accounts, told.not_placed) == (told.accounts, 0)
    assert total.raises_stopped > 50
    assert total.after.raised == total.before.raised - total.raises_stopped + total.raises_new
    assert sum(swap.accounts for swap in told.changes.swaps) == told.accounts
    for groups in (told.changes.by_grade, told.changes.by_segment, told.changes.by_product):
        assert sum(row.moved for row in groups) == total.moved
        assert sum(row.after.limit_minor for row in groups) == total.after.limit_minor

    assert brake_set(platform, **WEST).brake.startswith("no increases of cash_loan, pay_later in")
    braked = adjust_limits(platform, REQUEST)
    assert total.after.raised == braked.actions["increase"]
    assert total.after.limit_minor == sum(row.to_minor for row in braked.by_product)
    assert round(braked.allocation.value) == pytest.approx(
        total.after.expected_profit_minor, abs=told.accounts
    )


def test_a_brake_of_a_region_is_in_its_decisions_and_in_no_others(platform):
    free = adjust_limits(platform, REQUEST)
    brake_set(platform, **WEST)
    braked = adjust_limits(platform, REQUEST)
    where = regions(platform)
    now, then = by_account(platform, braked.batch_id), by_account(platform, free.batch_id)
    # what another batch has decided from the very same inputs is not decided again
    assert {where[account] for account in now} == {"west"}
    assert all(row["to_minor"] <= row["from_minor"] for row in now.values())
    assert all(row["decision_id"] != then[account]["decision_id"] for account, row in now.items())
    stopped = [a for a, row in now.items() if "brake_no_increases" in row["reasons"]]
    assert len(stopped) > 50
    assert [row.name for row in braked.brakes] == [
        f"no increases of cash_loan, pay_later in west since {AS_OF}"
    ]
    replayed = replay_decision(platform, ReplayDecisionRequest(batch=braked.batch_id))
    assert replayed.all_identical
    told = explain_account(platform, ExplainAccountRequest(account_id=stopped[0]))
    assert any(line.startswith("Brake in force: no increases") for line in told.text)
    elsewhere = next(account for account, region in where.items() if region == "east")
    told = explain_account(platform, ExplainAccountRequest(account_id=elsewhere))
    assert "Brakes: none" in told.text


def test_raises_are_slowed_and_judged_more_strictly(platform):
    brake_set(platform, measure="slow_increases", ratio=1.1, product="pay_later")
    brake_set(platform, measure="tighten_grades", grades=3, segment="micro_merchant")
    rows = by_account(platform, adjust_limits(platform, REQUEST).batch_id).values()
    ratios = {
        product: np.array(
            [
                row["to_minor"] / row["from_minor"]
                for row in rows
                if row["product"] == product and row["to_minor"] > row["from_minor"]
            ]
        )
        for product in ("pay_later", "cash_loan")
    }
    assert ratios["pay_later"].max() <= 1.1 < ratios["cash_loan"].max()
    assert len(ratios["pay_later"]) > 50
    codes = {code for row in rows for code in row["reasons"]}
    assert {"brake_tighten_grades"} <= codes


def test_a_brake_ends_by_itself_or_by_hand_and_the_same_is_recognised(platform):
    first = brake_set(platform, **WEST)
    assert brake_set(platform, **WEST) == first.model_copy(update={"recognised": True})
    (listed,) = list_brakes(platform, ListBrakesRequest(as_of=AS_OF)).brakes
    assert (listed.sequence, listed.expires_on, listed.owner) == (
        first.sequence,
        UNTIL,
        "head of credit",
    )
    assert [len(open_brakes(platform, day)) for day in (AS_OF, date(2024, 6, 29), UNTIL)] == [
        1,
        1,
        0,
    ]
    ended = ReleaseBrakeRequest(sequence=first.sequence, reason="enough", as_of=AS_OF)
    release_brake(platform, ended)
    assert open_brakes(platform, AS_OF) == ()
    again = brake_set(platform, **WEST)
    assert not again.recognised
    assert again.sequence > first.sequence
    assert len(open_brakes(platform, AS_OF)) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"until": AS_OF}, "is not after 2024-01-31"),
        ({"region": "wets"}, "known are: east, west"),
    ],
)
def test_a_brake_that_would_hold_nothing_back_is_refused(lender, given, message):
    with pytest.raises(InputError, match=message):
        brake_set(lender, **(WEST | given))


@pytest.mark.parametrize(
    "given", [{"measure": "slow_increases"}, {"grades": 2}, {"measure": "tighten_grades"}]
)
def test_a_measure_needs_its_degree_and_no_other(given):
    with pytest.raises(ValidationError):
        PreviewBrakeRequest(**(WEST | given))


def test_where_there_are_approvers_setting_needs_the_key_of_one(lender, tmp_path):
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    zhao = make_key(tmp_path / "zhao.pem")
    (file,) = (policies / "approvals").glob("*.yaml")
    people = f"people:\n  - {{name: Zhao, public_key: {zhao.public_key}, roles: [approver]}}\n"
    file.write_text(file.read_text(encoding="utf-8").replace("people: []\n", people))
    opened = copied(lender, tmp_path, policies)
    with pytest.raises(PolicyError, match="set with the key of one of Zhao"):
        brake_set(opened, **WEST)
    assert open_brakes(opened, AS_OF) == ()
    assert brake_set(opened, **WEST, key=tmp_path / "zhao.pem").name == "Zhao"
    kept = dict(opened.ledger.latest(EntryKind.BRAKE_APPLIED).payload)
    signature = kept["signature"]
    said = {"purpose": "set_brake", **kept, "name": "", "key_id": "", "signature": ""}
    assert verifies(zhao.public_key, signature, canonical_json(said))
    assert not verifies(zhao.public_key, signature, canonical_json(said | {"regions": []}))
