"""The platform of a rehearsal: its own folder, its own time, the policies as they were."""

import shutil
from datetime import date

import pytest
import yaml

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.periods import end_of_day
from tests.conftest import ROOT
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.platform import open_platform
from tidegate.operations.rehearsal_platform import (
    SimulatedClock,
    code_digest,
    open_rehearsal,
    policies_digest,
)

DAY = date(2024, 8, 31)
LIMITS = ROOT / "policies" / "limits"


def own_policy(folder, **changes):
    content = yaml.safe_load(max(LIMITS.glob("*.yaml")).read_text()) | changes
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_clock_stands_at_the_end_of_its_day_and_is_put_forward():
    clock = SimulatedClock(DAY)
    assert clock.now() == clock.now() == end_of_day(DAY)
    clock.day = date(2024, 9, 30)
    assert clock.now() == end_of_day(date(2024, 9, 30))


def test_everything_of_a_rehearsal_is_in_its_folder(settings, tmp_path):
    elsewhere = settings.model_copy(
        update={
            "control_db_url": "sqlite:////nowhere/control.db",
            "mlflow_tracking_uri": "http://m",
        }
    )
    own = open_rehearsal(open_platform(elsewhere), tmp_path / "r", SimulatedClock(DAY), None)
    assert own.settings.root == tmp_path / "r"
    assert own.settings.control_db == f"sqlite:///{tmp_path / 'r' / 'control.db'}"
    assert str(tmp_path / "r") in own.settings.mlflow_uri
    assert own.settings.actor == "rehearsal"
    assert own.clock.now() == end_of_day(DAY)


def test_the_policies_stay_as_they_were_when_it_began(platform, tmp_path):
    source = tmp_path / "policies"
    shutil.copytree(platform.settings.policies_dir, source)
    of_it = platform.settings.model_copy(update={"policies_dir": source})
    clock = SimulatedClock(DAY)
    first = open_rehearsal(open_platform(of_it), tmp_path / "r", clock, None)
    held = load_dated(first.policies("limits"), DAY).digest
    (file,) = (source / "limits").glob("*.yaml")
    file.write_text(file.read_text().replace("value: 50\n", "value: 100\n", 1))
    again = open_rehearsal(open_platform(of_it), tmp_path / "r", clock, None)
    assert load_dated(again.policies("limits"), DAY).digest == held
    assert load_dated(source / "limits", DAY).digest != held


def test_a_limit_policy_of_ones_own_stands_in_for_all_others(platform, tmp_path):
    mine = own_policy(tmp_path, effective_from=date(2020, 2, 2))
    for _ in range(2):
        own = open_rehearsal(platform, tmp_path / "r", SimulatedClock(DAY), mine)
        assert [path.name for path in own.policies("limits").iterdir()] == ["2020-02-02.yaml"]
        assert load_dated(own.policies("limits"), DAY).version == "limits/2020-02-02"
        assert list(own.policies("monitoring").glob("*.yaml"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("- a list", "does not say from when"),
        ("effective_from: soon", "not a date"),
        ("effective_from: 2030-01-01", "no policy in force"),
        ("effective_from: 2020-01-01", "limits"),
    ],
)
def test_a_limit_policy_that_cannot_be_used_is_refused_before_anything_is_lived(
    platform, tmp_path, content, said
):
    mine = tmp_path / "mine.yaml"
    if content is not None:
        mine.write_text(content)
    with pytest.raises(PolicyError, match=said):
        open_rehearsal(platform, tmp_path / "r", SimulatedClock(DAY), mine)


def test_what_a_rehearsal_follows_from_includes_every_policy_file(tmp_path):
    folder = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", folder)
    before = policies_digest(folder, None)
    mine = own_policy(tmp_path)
    assert policies_digest(folder, None) == before
    with_mine = policies_digest(folder, mine)
    assert with_mine != before
    (limits,) = (folder / "limits").glob("*.yaml")
    limits.write_text(limits.read_text() + "\n# a remark\n")
    assert policies_digest(folder, None) != before
    assert policies_digest(folder, mine) == with_mine
    monitoring = max((folder / "monitoring").glob("*.yaml"))
    monitoring.write_text(monitoring.read_text() + "\n# a remark\n")
    assert policies_digest(folder, mine) != with_mine


def test_the_code_has_one_digest():
    assert code_digest() == code_digest()
    assert len(code_digest()) == 64
