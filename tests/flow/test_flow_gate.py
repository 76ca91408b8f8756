"""A gate that refuses: the champion stays where it is, and nothing after the gate runs."""

import pytest

from credit_limits.domain.errors import GateRefused
from credit_limits.ledger.entry import EntryKind
from tests.flow_cycles import with_thresholds

AFTER_THE_GATE = {EntryKind.LIMITS_ADJUSTED, EntryKind.DRIFT_WATCHED}


@pytest.fixture
def planted(finished):
    """A check that no model can pass, in force from the day after the tiny portfolio's policy."""
    impossible = {"performance": {"auc_low_floor": 0.9999}}
    with_thresholds(finished.cycle.settings.policies_dir, "2006-01-02", impossible)
    return finished.cycle


def test_a_planted_failing_check_leaves_the_champion_unmoved(planted):
    (world,) = (planted.settings.root / "world").iterdir()
    before = planted.kinds()
    decided = planted.decisions()
    run = planted.run("run_cycle", "--data", str(world), "--seed", "8")
    assert run.returncode == GateRefused.exit_code
    assert "performance: auc_low" in run.stderr
    assert planted.version_at("champion") == "1"
    assert planted.version_at("challenger") == "2"
    new = planted.kinds()[len(before) :]
    assert new == [
        EntryKind.MODEL_TRAINED,
        EntryKind.THRESHOLDS_CHANGED,
        EntryKind.PROMOTION_REFUSED,
    ]
    assert planted.decisions() == decided
    assert "version 2 refused" in run.stdout
    assert "adjust" not in run.stdout


def test_promote_model_fails_by_itself_as_well(planted):
    before = planted.kinds()
    run = planted.run("promote_model", "--version", "1")
    assert run.returncode == GateRefused.exit_code
    assert run.stderr.startswith("GateRefused: default_risk version 1 is not cleared")
    assert planted.version_at("champion") == "1"
    assert not AFTER_THE_GATE & set(planted.kinds()[len(before) :])
