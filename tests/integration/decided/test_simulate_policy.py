"""Another limit policy tried on today's portfolio: it says what the adjustment then does."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from credit_limits.domain.errors import PolicyError
from tests.conftest import ROOT
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF
from tidegate.cli.summaries import summary_of
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.simulate_policy import SimulatePolicyRequest, simulate_policy

SHIPPED = ROOT / "policies" / "limits"


def draft(folder: Path, section: str, parameter: str, value: object) -> Path:
    content = yaml.safe_load((SHIPPED / "2005-01-01.yaml").read_text(encoding="utf-8"))
    content[section][parameter]["value"] = value
    path = folder / "draft.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def simulated(platform, path: Path):
    return simulate_policy(platform, SimulatePolicyRequest(policy=path, as_of=AS_OF))


def test_the_swap_set_is_what_the_adjustment_under_the_new_policy_does(lender, tmp_path):
    path = draft(tmp_path, "observation", "on_time_streak_min", 11)
    platform = copied(lender, tmp_path / "before")
    entries, versions = platform.ledger.entries(), platform.lake.versions()
    told = simulated(platform, path)
    assert (platform.ledger.entries(), platform.lake.versions()) == (entries, versions)
    assert (told.now.version, told.new.version) == ("limits/2005-01-01", "draft draft.yaml")

    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    shutil.copy(path, policies / "limits" / "2005-01-01.yaml")
    done = adjust_limits(copied(lender, tmp_path / "after", policies), AdjustLimitsRequest())
    total = told.changes.total
    assert total.raises_stopped > 0
    assert total.after.raised == done.actions["increase"] < total.before.raised
    assert total.after.limit_minor == sum(group.to_minor for group in done.by_product)
    assert told.new.digest == done.policy_digest
    assert told.new.caps == done.allocation.caps
    for action, count in done.actions.items():
        assert count == sum(s.accounts for s in told.changes.swaps if s.after == action)
    assert 0 <= told.new.welfare.revolver_share <= 1
    assert told.new.welfare.added_minor == total.after.added_minor

    page = Path(told.page).read_text(encoding="utf-8")
    assert json.loads(Path(told.data).read_text(encoding="utf-8")) == told.model_dump(mode="json")
    assert f"{total.moved:,} of {total.before.accounts:,} accounts" in page
    assert told.page in summary_of("simulate_policy", told)[-1]


def test_the_policy_in_force_moves_nobody_and_gives_the_same_page_again(lender, tmp_path):
    platform = copied(lender, tmp_path)
    told = simulated(platform, SHIPPED)
    page = Path(told.page).read_bytes()
    assert told.changes.total.moved == 0
    assert {swap.before is swap.after for swap in told.changes.swaps} == {True}
    assert told.now == told.new
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
