"""Keys and people before a real promotion: what a signature holds off, and what asks for whom."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from credit_limits.domain.errors import (
    GateRefused,
    ModelError,
    NoCertifiedChampion,
    PolicyError,
    SettingsError,
)
from credit_limits.ledger.entry import EntryKind
from tests.people_samples import FIRST, copied_lender, list_people, promote
from tests.promotion_samples import AS_OF, MODEL, train_sample
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.signing import Signer, make_key
from tidegate.operations.approvals import people_evidence
from tidegate.operations.approve_people import ApprovePeopleRequest, approve_people
from tidegate.operations.approve_version import ApprovalRequest, approve_version
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import load_champion, standing_champion
from tidegate.operations.history import HistoryRequest, history
from tidegate.operations.list_keys import ListKeysRequest, list_keys
from tidegate.operations.platform import Platform
from tidegate.operations.platform_key import key_file, platform_signer
from tidegate.operations.reject_version import reject_version
from tidegate.operations.revoke_key import RevokeKeyRequest, revoke_key
from tidegate.operations.roll_back_model import RollBackModelRequest, roll_back_model
from tidegate.operations.rotate_key import RotateKeyRequest, rotate_key
from tidegate.operations.thresholds_history import judging_day


@pytest.fixture
def platform(people_lender: Platform, tmp_path: Path) -> Platform:
    return copied_lender(people_lender, tmp_path)


@pytest.fixture
def keys(people_keys: dict[str, Path]) -> dict[str, Path]:
    return people_keys


@pytest.fixture
def signers(people_signers: dict[str, Signer]) -> dict[str, Signer]:
    return people_signers


def loosen(platform: Platform, day: str = "2024-01-15", *, reason: str = "a thin year") -> None:
    """Another AUC floor, in a new file, or in the first where it lies."""
    folder = platform.settings.policies_dir
    content = yaml.safe_load((folder / FIRST).read_text())
    content["effective_from"] = date.fromisoformat(day)
    content["thresholds"]["performance"]["auc_low_floor"]["value"] = 0.60
    if reason:
        content["loosened"] = {"performance.auc_low_floor": reason}
    (folder / FIRST).with_name(f"{day}.yaml").write_text(yaml.safe_dump(content))


def evidence(platform: Platform, version: str = "2"):
    """What a promotion of this version would know of people, without the other checks."""
    loaded = platform.registry.load(MODEL, version)
    candidate = Candidate(platform, loaded, AS_OF, standing_champion(platform, MODEL))
    return people_evidence(candidate, load_dated(platform.policies("gates", MODEL), AS_OF))


def judged(platform: Platform, version: str = "2") -> None:
    """The entry that a refused promotion leaves, without its minutes of measuring."""
    gates = load_dated(platform.policies("gates", MODEL), AS_OF)
    payload = {
        "model_name": MODEL,
        "version": version,
        "thresholds_digest": gates.digest,
        "evidence_digest": "e" * 64,
    }
    key = f"refused-{version}-{gates.digest}"
    platform.ledger.append(EntryKind.PROMOTION_REFUSED, "tester", payload, key=key)


def request(keys: dict[str, Path], name: str, version: str = "2") -> ApprovalRequest:
    return ApprovalRequest(version=version, key=keys[name], reason="figures read")


class TestPeople:
    def test_a_loosened_threshold_waits_for_two_and_then_clears(self, platform, keys):
        loosen(platform)
        platform.settings.__dict__["actor"] = "scheduler"
        refused = promote(platform, "2")
        assert [c.check for c in refused.checks if not c.passed and not c.dispensed] == ["people"]
        older = refused.older_thresholds
        assert (older.loosened, older.passed) == (["performance.auc_low_floor"], True)
        for name in ("Li", "Zhao"):
            assert load_champion(platform, MODEL).version == "1"
            given = approve_version(platform, request(keys, name))
        assert (given.approvers, given.required) == (["Li", "Zhao"], 2)
        outcome = promote(platform, "2")
        assert outcome.cleared
        certificate = load_champion(platform, MODEL).certificate
        assert (certificate.version, certificate.approvals) == ("2", ("Li", "Zhao"))
        assert certificate.older_thresholds.passed
        assert certificate.thresholds_digest == outcome.thresholds_digest
        assert evidence(platform).asked == ()

    def test_nobody_is_asked_where_nothing_is_looser(self, platform, keys):
        assert (evidence(platform).required, evidence(platform).asked) == (0, ())
        with pytest.raises(ModelError, match="nobody is asked"):
            approve_version(platform, request(keys, "Li"))

    def test_a_file_edited_where_it_lies_is_looser_too(self, platform):
        loosen(platform, "2005-01-01")
        assert evidence(platform).required == 2

    def test_a_looser_threshold_says_why(self, platform):
        loosen(platform, reason="")
        with pytest.raises(PolicyError, match=r"asks less .*performance\.auc_low_floor: say why"):
            evidence(platform)

    def test_a_day_of_the_past_brings_no_old_thresholds_back(self, platform):
        assert judging_day(platform, date(2004, 6, 30)) == platform.lake.latest_knowledge()
        assert judging_day(platform, date(2034, 6, 30)) == date(2034, 6, 30)

    def test_the_maker_cannot_approve(self, platform, keys):
        loosen(platform)
        judged(platform)
        with pytest.raises(GateRefused, match="tester made version 2"):
            approve_version(platform, request(keys, "tester"))
        platform.settings.__dict__["actor"] = "someone else"
        approve_version(platform, request(keys, "tester"))
        platform.settings.__dict__["actor"] = "tester"
        assert evidence(platform).approvers == ()

    def test_who_trained_is_the_maker_whoever_asks(self, platform, keys):
        loosen(platform)
        judged(platform)
        trained = {"model_name": MODEL, "version": "2"}
        platform.ledger.append(EntryKind.MODEL_TRAINED, "Li", trained, key="trained")
        with pytest.raises(GateRefused, match="Li made version 2"):
            approve_version(platform, request(keys, "Li"))
        assert evidence(platform).maker == "Li"

    def test_a_stranger_cannot_approve(self, platform, keys):
        loosen(platform)
        judged(platform)
        with pytest.raises(PolicyError, match=r"nobody's who may approve .* Li, Zhao, tester"):
            approve_version(platform, request(keys, "Stranger"))

    def test_what_was_not_judged_cannot_be_approved(self, platform, keys):
        loosen(platform)
        with pytest.raises(ModelError, match=r"not judged by .* yet; first tidegate promote"):
            approve_version(platform, request(keys, "Li"))

    def test_one_key_counts_once_and_a_no_keeps_it_out(self, platform, keys):
        loosen(platform)
        judged(platform)
        assert not approve_version(platform, request(keys, "Li")).recognised
        assert approve_version(platform, request(keys, "Li")).recognised
        rejected = reject_version(platform, request(keys, "Zhao"))
        assert (rejected.approvers, rejected.rejected_by) == (["Li"], ["Zhao"])
        assert evidence(platform).rejected_by == ("Zhao",)
        approve_version(platform, request(keys, "Zhao"))
        assert evidence(platform).approvers == ("Li", "Zhao")

    def test_approvals_of_one_version_thresholds_or_champion_are_of_no_other(self, platform, keys):
        loosen(platform)
        judged(platform)
        for name in ("Li", "Zhao"):
            approve_version(platform, request(keys, name))
        assert len(evidence(platform).approvers) == 2
        train_sample(platform, "3", rounds=70)
        assert evidence(platform, "3").approvers == ()
        loosen(platform, reason="another reason")
        assert evidence(platform).approvers == ()
        loosen(platform)
        assert len(evidence(platform).approvers) == 2
        roll_back_again(platform)
        assert evidence(platform).approvers == ()

    def test_approvals_expire_and_a_clock_set_back_revives_none(self, platform, keys):
        loosen(platform)
        judged(platform)
        for name in ("Li", "Zhao"):
            approve_version(platform, request(keys, name))
        platform.clock.at += timedelta(days=31)
        assert evidence(platform).approvers == ()
        accept_again(platform)
        platform.clock.at -= timedelta(days=31)
        assert evidence(platform).approvers == ()

    def test_the_list_of_people_changes_by_two_keys_of_the_list_before(
        self, platform, keys, signers
    ):
        list_people(platform.settings.policies_dir, "2024-01-10", signers, ("Stranger", "tester"))
        loosen(platform)
        judged(platform)
        with pytest.raises(PolicyError, match="nobody's who may approve"):
            approve_version(platform, request(keys, "Stranger"))
        for name, counts in (("Li", False), ("Li", False), ("Zhao", True)):
            asked = ApprovePeopleRequest(key=keys[name], reason="Li has left")
            assert approve_people(platform, asked).in_force is counts
        approve_version(platform, request(keys, "Stranger"))
        with pytest.raises(PolicyError, match="nobody's who may approve"):
            approve_version(platform, request(keys, "Zhao"))

    def test_a_list_that_counts_as_it_is_needs_no_approval(self, platform, keys):
        with pytest.raises(ModelError, match="nothing to approve"):
            approve_people(platform, ApprovePeopleRequest(key=keys["Li"], reason="why not"))


def roll_back_again(platform: Platform) -> None:
    """The same champion by another entry: its key was revoked, and it is signed anew."""
    revoke_key(platform, RevokeKeyRequest(key_id=platform_signer(platform).key_id, reason="lost"))
    roll_back_model(platform, RollBackModelRequest(version="1", reason="signed anew"))


def accept_again(platform: Platform) -> None:
    platform.ledger.append(EntryKind.BATCH_ACCEPTED, "tester", {"batch_id": "2"}, key="batch-2")


FORGERIES: dict[str, Callable[[dict], object]] = {
    "no seal": lambda payload: payload.pop("seal"),
    "the seal of the promotion before": lambda _: None,
    "another certificate": lambda payload: payload["certificate"].update(maker="nobody"),
    "another signature": lambda payload: payload["seal"]["signature"].update(value="0" * 128),
    "another key": lambda payload: payload["seal"]["signature"].update(key_id="0" * 16),
}


class TestKeys:
    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_a_promotion_that_the_platform_did_not_sign_is_none(self, platform, forgery):
        """Entries as anyone can append them who can write to the control database."""
        genuine = platform.ledger.latest(EntryKind.PROMOTION_INTENDED)
        promoted = platform.ledger.latest(EntryKind.MODEL_PROMOTED)
        payload = yaml.safe_load(yaml.safe_dump(dict(genuine.payload)))
        FORGERIES[forgery](payload)
        platform.ledger.append(EntryKind.PROMOTION_INTENDED, "x", payload, key="forged")
        platform.ledger.append(EntryKind.MODEL_PROMOTED, "x", dict(promoted.payload), key="forged")
        with pytest.raises(NoCertifiedChampion, match="sign"):
            load_champion(platform, MODEL)
        restored = roll_back_model_or_none(platform)
        assert restored == ("1" if forgery == "the seal of the promotion before" else None)

    def test_a_roll_back_that_the_platform_did_not_sign_is_none(self, platform):
        payload = {"model_name": MODEL, "version": "1", "certificate_digest": "0" * 64}
        platform.ledger.append(EntryKind.MODEL_ROLLED_BACK, "intruder", payload, key="forged")
        with pytest.raises(NoCertifiedChampion, match="version 1 is not signed"):
            load_champion(platform, MODEL)
        roll_back_model(platform, RollBackModelRequest(version="1", reason="put right"))
        assert load_champion(platform, MODEL).version == "1"

    def test_a_key_that_only_an_entry_knows_signs_nothing(self, platform, signers):
        intruder = signers["Stranger"]
        payload = {"public_key": intruder.public_key, "endorsement": None}
        platform.ledger.append(EntryKind.KEY_ADDED, "intruder", payload, key=intruder.key_id)
        known = [row.key_id for row in list_keys(platform, ListKeysRequest()).keys]
        assert known == [platform_signer(platform).key_id]

    def test_a_ledger_begun_anew_with_another_key_is_found_out(self, platform, signers):
        (platform.settings.keys_dir / "root.pub").write_text(signers["Stranger"].public_key)
        with pytest.raises(NoCertifiedChampion, match="it was written anew"):
            load_champion(platform, MODEL)

    def test_an_empty_ledger_is_not_begun_where_there_was_one(self, platform, tmp_path):
        empty = f"sqlite:///{tmp_path / 'empty.db'}"
        settings = platform.settings.model_copy(update={"control_db_url": empty})
        with pytest.raises(SettingsError, match="this installation began another"):
            platform_signer(type(platform)(settings, platform.clock))

    def test_after_a_rotation_the_champion_stands_and_the_new_key_signs(self, platform):
        before = platform_signer(platform)
        outcome = rotate_key(platform, RotateKeyRequest(reason="yearly"))
        assert outcome.previous_key_id == before.key_id != platform_signer(platform).key_id
        assert load_champion(platform, MODEL).version == "1"
        assert len(list_keys(platform, ListKeysRequest()).keys) == 2
        assert sorted(path.name for path in platform.settings.keys_dir.iterdir()) == [
            "platform.pem",
            "root.pub",
        ]

    def test_a_rotation_that_was_killed_goes_on_with_the_key_it_made(self, platform):
        made = make_key(key_file(platform).with_name("next.pem"))
        assert rotate_key(platform, RotateKeyRequest(reason="again")).key_id == made.key_id

    def test_what_a_revoked_key_signed_is_good_again_once_it_is_signed_anew(self, platform):
        old = platform_signer(platform)
        asked = RevokeKeyRequest(key_id=old.key_id, reason="the machine was stolen")
        assert not revoke_key(platform, asked).recognised
        assert revoke_key(platform, asked).recognised
        with pytest.raises(NoCertifiedChampion, match=f"the key {old.key_id}.* was revoked"):
            load_champion(platform, MODEL)
        asked = RollBackModelRequest(version="1", reason="signed anew")
        assert not roll_back_model(platform, asked).recognised
        assert load_champion(platform, MODEL).version == "1"
        assert roll_back_model(platform, asked).recognised
        first, second = list_keys(platform, ListKeysRequest()).keys
        assert (first.why, second.revoked) == ("the machine was stolen", None)

    def test_a_key_that_the_ledger_does_not_know_cannot_be_revoked(self, platform):
        with pytest.raises(ModelError, match="knows no key ffff"):
            revoke_key(platform, RevokeKeyRequest(key_id="f" * 16, reason="lost"))

    def test_without_its_key_the_platform_signs_nothing(self, platform):
        key_file(platform).unlink()
        assert load_champion(platform, MODEL).version == "1"
        with pytest.raises(SettingsError, match="is not there: restore it"):
            rotate_key(platform, RotateKeyRequest(reason="yearly"))
        make_key(key_file(platform))
        with pytest.raises(SettingsError, match="the ledger does not know the key"):
            platform_signer(platform)

    def test_thresholds_edited_since_they_certified_are_refused(self, platform):
        loosen(platform, "2005-01-01")
        with pytest.raises(NoCertifiedChampion, match=r"thresholds_digest is .* was edited since"):
            load_champion(platform, MODEL)
        (platform.settings.policies_dir / FIRST).unlink()
        with pytest.raises(NoCertifiedChampion, match="thresholds_digest is absent"):
            load_champion(platform, MODEL)

    def test_newer_thresholds_leave_the_champion_as_it_is(self, platform):
        loosen(platform)
        assert load_champion(platform, MODEL).version == "1"

    def test_an_intention_that_the_platform_did_not_sign_is_not_finished(self, platform):
        key = promotion_key(platform, "2")
        payload = dict(platform.ledger.latest(EntryKind.PROMOTION_INTENDED).payload)
        platform.ledger.append(EntryKind.PROMOTION_INTENDED, "intruder", payload, key=key)
        with pytest.raises(NoCertifiedChampion, match="signature is of another change"):
            promote(platform, "2")
        assert platform.registry.aliases["champion"] == "1"


def roll_back_model_or_none(platform: Platform) -> str | None:
    try:
        return roll_back_model(platform, RollBackModelRequest(version="1", reason="x")).version
    except NoCertifiedChampion:
        return None


def promotion_key(platform: Platform, version: str) -> str:
    """The key under which this promotion would be recorded; an intruder can compute it too."""
    from tidegate.operations.promote_model import _key

    loaded = platform.registry.load(MODEL, version)
    candidate = Candidate(platform, loaded, AS_OF, standing_champion(platform, MODEL))
    return _key(candidate, load_dated(platform.policies("gates", MODEL), AS_OF))


class TestHistory:
    def test_it_tells_who_made_which_version_champion_and_on_what(self, platform):
        told = history(platform, HistoryRequest())
        (reign,) = told.champions
        certificate = load_champion(platform, MODEL).certificate
        assert (reign.version, reign.how, reign.who, reign.until) == (
            "1",
            "promoted",
            "tester",
            None,
        )
        assert reign.evidence_digest == certificate.evidence_digest
        assert reign.certificate_digest == certificate.digest
        assert reign.signed_by == platform_signer(platform).key_id
        assert reign.evidence == f"models:/{MODEL}/1, gate/evidence.json"
        assert told.batches == []

    def test_a_day_has_its_own_champions_and_the_limits_in_force_on_it(self, platform):
        adjusted = {
            "as_of": "2024-01-31",
            "model_name": MODEL,
            "model_version": "1",
            "batch_id": "limits-1",
            "decisions": 3000,
            "certificate_digest": "c" * 64,
        }
        platform.ledger.append(EntryKind.LIMITS_ADJUSTED, "tester", adjusted, key="batch")
        platform.clock.at += timedelta(days=10)
        roll_back_again(platform)
        on = {
            day: history(platform, HistoryRequest(on=date.fromisoformat(day)))
            for day in ("2024-01-31", "2024-02-05", "2024-02-11", "2024-02-12")
        }
        found = {day: [reign.how for reign in told.champions] for day, told in on.items()}
        assert found == {
            "2024-01-31": [],
            "2024-02-05": ["promoted"],
            "2024-02-11": ["promoted", "rolled back"],
            "2024-02-12": ["rolled back"],
        }
        assert {batch.batch_id for told in on.values() for batch in told.batches} == {"limits-1"}
        assert on["2024-02-12"].champions[0].reason == "signed anew"
        assert history(platform, HistoryRequest(on=date(2024, 1, 30))).batches == []
