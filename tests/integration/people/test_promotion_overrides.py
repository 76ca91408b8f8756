"""Overrides before a real promotion: two people let a refused version decide, until a day."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from credit_limits.domain.errors import (
    GateRefused,
    ModelError,
    NoCertifiedChampion,
    PolicyError,
)
from credit_limits.ledger.entry import EntryKind
from tests.people_samples import FIRST, copied_lender, promote
from tests.promotion_samples import AS_OF, MODEL
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.champion import load_champion
from tidegate.operations.cycle_entries import CycleEntries
from tidegate.operations.cycle_sections import gate_verdict
from tidegate.operations.gather_cycle import _overrides
from tidegate.operations.history import HistoryRequest, history
from tidegate.operations.list_overrides import ListOverridesRequest, list_overrides
from tidegate.operations.override_version import OverrideRequest, override_version
from tidegate.operations.platform import Platform
from tidegate.operations.roll_back_model import RollBackModelRequest, roll_back_model

UNTIL = date(2024, 2, 20)
WHY = "the winter cohort is small"


@pytest.fixture
def keys(people_keys: dict[str, Path]) -> dict[str, Path]:
    return people_keys


@pytest.fixture
def strict(people_lender: Platform, tmp_path: Path) -> Platform:
    """Under these thresholds performance refuses version 2, asked for by the scheduler."""
    platform = copied_lender(people_lender, tmp_path)
    folder = platform.settings.policies_dir
    content = yaml.safe_load((folder / FIRST).read_text())
    content["effective_from"] = date(2024, 1, 15)
    content["thresholds"]["performance"]["auc_low_floor"]["value"] = 0.99
    (folder / FIRST).with_name("2024-01-15.yaml").write_text(yaml.safe_dump(content))
    platform.settings.__dict__["actor"] = "scheduler"
    return platform


def sign(opened: Platform, files: dict[str, Path], name: str, **changes: object):
    asked = {
        "version": "2",
        "check": "performance",
        "until": UNTIL,
        "key": files[name],
        "reason": WHY,
    }
    return override_version(opened, OverrideRequest(**{**asked, **changes}))


def listed(opened: Platform, *, ended: bool = False) -> list[tuple]:
    found = list_overrides(opened, ListOverridesRequest(ended=ended))
    return [(row.check, row.state, tuple(row.signed_by)) for row in found.overrides]


def test_two_people_let_it_decide_until_their_override_ends(strict, keys):
    refused = promote(strict, "2")
    assert [check.check for check in refused.checks if check.refuses] == ["performance"]
    page = strict.registry.evidence["2"]["evidence.html"].decode()
    assert "tidegate override 2 --check performance --until DAY" in page
    assert "two approvers other than the maker" in page
    assert "judged: refused" in page
    first = sign(strict, keys, "Li")
    assert (first.signed_by, first.required, first.recognised) == (["Li"], 2, False)
    assert sign(strict, keys, "Li").recognised
    assert listed(strict) == [("performance", "waits", ("Li",))]
    other = sign(strict, keys, "Zhao", reason="another reason")
    assert (other.signed_by, other.others) == (["Zhao"], [f"until {UNTIL}: {WHY}"])
    assert sign(strict, keys, "Zhao").signed_by == ["Li", "Zhao"]

    outcome = promote(strict, "2")
    assert outcome.cleared
    words = {check.check: check.word for check in outcome.checks}
    assert (words["performance"], words["calibration"]) == ("overridden", "passed")
    page = strict.registry.evidence["2"]["evidence.html"].decode()
    assert f"performance: until {UNTIL} by Li and Zhao: {WHY}; found: auc_low" in page
    assert page.count("overrode a check") == 3
    champion = load_champion(strict, MODEL)
    (granted,) = champion.certificate.overrides
    assert (champion.version, granted.by, granted.until, granted.reason) == (
        "2",
        ("Li", "Zhao"),
        UNTIL,
        WHY,
    )
    assert promote(strict, "2").recognised
    told = history(strict, HistoryRequest())
    assert [row.check for row in told.overrides] == ["performance"]
    assert told.champions[-1].overridden == [
        f"performance overridden until {UNTIL} by Li and Zhao: {WHY}"
    ]
    cycle = CycleEntries.of(strict.ledger.entries(), AS_OF)
    (line,) = _overrides(strict, cycle)
    assert (line.check, line.version, line.by) == ("performance", "2", ("Li", "Zhao"))
    shown = gate_verdict(outcome)
    assert [check.check for check in shown.checks if check.overridden] == ["performance"]

    strict.clock.at += timedelta(days=20)
    with pytest.raises(NoCertifiedChampion, match=r"ended on 2024-02-20.*tidegate override 2"):
        adjust_limits(strict, AdjustLimitsRequest())
    assert listed(strict) == []
    assert ("performance", "ended", ("Li", "Zhao")) in listed(strict, ended=True)
    assert history(strict, HistoryRequest()).overrides == []
    assert len(history(strict, HistoryRequest(on=UNTIL)).overrides) == 1
    with pytest.raises(NoCertifiedChampion, match="the override of that"):
        roll_back_model(strict, RollBackModelRequest(version="2", reason="as it was"))
    strict.clock.at -= timedelta(days=20)
    with pytest.raises(NoCertifiedChampion, match="ended"):
        load_champion(strict, MODEL)
    roll_back_model(strict, RollBackModelRequest(version="1", reason="the override has ended"))
    assert load_champion(strict, MODEL).version == "1"


class TestWhoAndWhat:
    @pytest.fixture(autouse=True)
    def judged(self, strict: Platform) -> None:
        """A refusal as the ledger has it, without its minutes of measuring."""
        genuine = strict.ledger.latest(EntryKind.MODEL_PROMOTED)
        gates = strict.settings.policies_dir / "gates" / MODEL / "2024-01-15.yaml"
        payload = yaml.safe_load(yaml.safe_dump(dict(genuine.payload)))
        payload |= {
            "version": "2",
            "cleared": False,
            "thresholds_digest": load_dated(gates.parent, AS_OF).digest,
        }
        for check in payload["checks"]:
            if check["check"] in ("performance", "technical"):
                check["passed"] = False
            if check["check"] == "drift":
                check |= {"passed": False, "measured": {}, "message": "no evidence: no watch"}
        strict.ledger.append(EntryKind.PROMOTION_REFUSED, "tester", payload, key="judged")

    @pytest.mark.parametrize("check", ["data", "time", "technical", "people"])
    def test_four_checks_cannot_be_overridden(self, strict, keys, check):
        with pytest.raises(GateRefused, match=f"{check} can never be overridden: "):
            sign(strict, keys, "Li", check=check)

    def test_what_has_no_evidence_or_passed_or_is_no_check_cannot(self, strict, keys):
        with pytest.raises(ModelError, match="answer for what nobody has measured: no evidence"):
            sign(strict, keys, "Li", check="drift")
        with pytest.raises(ModelError, match="passed by calibration: there is nothing"):
            sign(strict, keys, "Li", check="calibration")
        with pytest.raises(ModelError, match="there is no check beauty; there are data, time"):
            sign(strict, keys, "Li", check="beauty")

    def test_the_maker_and_the_stranger_cannot(self, strict, keys):
        trained = {"model_name": MODEL, "version": "2"}
        strict.ledger.append(EntryKind.MODEL_TRAINED, "tester", trained, key="trained")
        with pytest.raises(GateRefused, match="tester made version 2"):
            sign(strict, keys, "tester")
        with pytest.raises(PolicyError, match="nobody's who may approve"):
            sign(strict, keys, "Stranger")

    @pytest.mark.parametrize("until", [date(2024, 1, 31), date(2024, 4, 2), date(2999, 1, 1)])
    def test_it_neither_ends_before_it_begins_nor_lasts_for_ever(self, strict, keys, until):
        with pytest.raises(PolicyError, match="is not from today, 2024-02-01, to 60 days"):
            sign(strict, keys, "Li", until=until)

    def test_a_version_that_was_not_judged_cannot(self, strict, keys):
        with pytest.raises(ModelError, match="was not judged by"):
            sign(strict, keys, "Li", version="1")

    def test_a_policy_without_overrides_allows_none(self, strict, keys):
        """Another list of approvers would need their keys; with a fresh ledger it just counts."""
        path = strict.settings.policies_dir / "approvals" / "2005-01-01.yaml"
        content = yaml.safe_load(path.read_text())
        del content["override_longest_days"], content["events"]["override"]
        content["people"] = content["people"][:1]
        path.write_text(yaml.safe_dump(content))
        strict.ledger.append(
            EntryKind.APPROVERS_CHANGED,
            "tester",
            {"version": "approvals/x", "digest": "d", "content": content},
            key="one approver",
        )
        with pytest.raises(PolicyError, match="allows no overrides"):
            sign(strict, keys, "Li")

    def test_an_entry_that_cannot_be_read_is_left_out(self, strict, keys):
        strict.ledger.append(EntryKind.OVERRIDE_SIGNED, "x", {"override": 1}, key="broken")
        assert sign(strict, keys, "Li").signed_by == ["Li"]
        assert listed(strict) == [("performance", "waits", ("Li",))]
