"""What the commands about people, keys and history say."""

from datetime import UTC, date, datetime

import pytest

from tidegate.cli.summaries import summary_of
from tidegate.operations.approve_people import ApprovePeopleOutcome
from tidegate.operations.give_approval import ApprovalOutcome
from tidegate.operations.history import DecidedBatch, HistoryOutcome, Reign
from tidegate.operations.list_keys import KeyRow, ListKeysOutcome
from tidegate.operations.list_overrides import ListOverridesOutcome, OverrideListed
from tidegate.operations.new_key import NewKeyOutcome
from tidegate.operations.override_version import OverrideOutcome
from tidegate.operations.promotion_outcome import (
    CheckRow,
    OlderThresholdsRow,
    PromoteModelOutcome,
)
from tidegate.operations.revoke_key import RevokeKeyOutcome
from tidegate.operations.rotate_key import RotateKeyOutcome
from tidegate.operations.write_evidence import WriteEvidenceOutcome

BEGUN = datetime(2024, 2, 1, 12, tzinfo=UTC)
GIVEN = ApprovalOutcome(
    model_name="default_risk",
    version="4",
    name="Li",
    approves=True,
    asked=["loosened_threshold"],
    required=2,
    approvers=["Li"],
    rejected_by=[],
    expires_on=date(2024, 3, 2),
)
REIGN = Reign(
    version="4",
    since=BEGUN,
    until=None,
    how="rolled back",
    who="ops",
    reason="losses rose",
    in_place_of="5",
    as_of=date(2024, 1, 31),
    maker="ml",
    approvals=["Li", "Zhao"],
    thresholds_version="default_risk/2024-01-15",
    loosened=["performance.auc_low_floor"],
    older_thresholds_passed=False,
    evidence_digest="e" * 64,
    evidence="models:/default_risk/4, gate/evidence.json",
    certificate_digest="c" * 64,
    signed_by="0" * 16,
    ledger_entry=12,
)
BATCH = DecidedBatch(
    as_of=date(2024, 1, 31),
    version="4",
    batch_id="limits-1",
    decisions=3000,
    certificate_digest="c" * 64,
    ledger_entry=13,
)


@pytest.mark.parametrize(
    ("change", "last"),
    [
        ({}, "next: 1 more must approve"),
        ({"approvers": ["Li", "Zhao"]}, "next: tidegate promote --version 4"),
        ({"approves": False, "rejected_by": ["Li"]}, "it stays out: rejected by Li"),
    ],
)
def test_an_approval_says_what_is_still_missing(change, last):
    lines = summary_of("approve_version", GIVEN.model_copy(update=change))
    word = "rejects" if "rejected_by" in change else "approves"
    assert lines[0] == f"Li {word} default_risk version 4, good until 2024-03-02"
    assert lines[1].startswith("asked for: loosened_threshold; ")
    assert lines[-1] == last


OVERRIDE = OverrideListed(
    model_name="default_risk",
    version="4",
    check="calibration",
    until=date(2024, 3, 1),
    reason="a thin year",
    signed_by=["Li", "Zhao"],
    required=2,
    state="signed",
    digest="d" * 64,
    entries=[14, 15],
)


def test_an_override_says_what_was_found_and_what_the_next_signer_types():
    signed = OverrideOutcome(
        **OVERRIDE.model_dump(exclude={"signed_by", "state", "entries"}),
        found="slope 0.7 must be >= 0.8",
        name="Li",
        signed_by=["Li"],
        others=["until 2024-02-20: a thin year"],
    )
    assert summary_of("override_version", signed) == [
        "Li answers for calibration of default_risk version 4 until 2024-03-01: a thin year",
        "found: slope 0.7 must be >= 0.8",
        "1 of 2 signatures: Li",
        "another override of the same, which does not count to this: until 2024-02-20: a thin year",
        "next: 1 more must sign the same:",
        "tidegate override 4 --check calibration --until 2024-03-01 "
        '--reason "a thin year" --key FILE',
    ]
    enough = signed.model_copy(update={"signed_by": ["Li", "Zhao"]})
    assert summary_of("override_version", enough)[-1] == "next: tidegate promote --version 4"


def test_an_evidence_pack_says_what_is_asked_and_where_it_is():
    written = WriteEvidenceOutcome(
        model_name="default_risk",
        version="4",
        cleared=False,
        sentence="The gate refuses it: 1 of 15 checks did not pass, drift.",
        asked="Nothing can be signed.",
        unusual=["refused: drift: 1 must be 0"],
        page="var/reports/evidence-default_risk-4.html",
        json_file="var/reports/evidence-default_risk-4.json",
        artefacts=["models:/default_risk/4, gate/evidence.html"],
    )
    assert summary_of("write_evidence", written) == [
        "default_risk version 4. The gate refuses it: 1 of 15 checks did not pass, drift.",
        "refused: drift: 1 must be 0",
        "asked of you: Nothing can be signed.",
        "page: var/reports/evidence-default_risk-4.html",
        "JSON: var/reports/evidence-default_risk-4.json",
    ]


def test_overrides_are_listed_with_who_signed():
    waits = {"signed_by": [], "state": "waits", "check": "drift"}
    listed = ListOverridesOutcome(
        today=date(2024, 2, 1), overrides=[OVERRIDE, OVERRIDE.model_copy(update=waits)]
    )
    assert summary_of("list_overrides", listed) == [
        "  version  check        until       state             signed by          why",
        "  4        calibration  2024-03-01  signed by enough  Li, Zhao (2 of 2)  a thin year",
        "  4        drift        2024-03-01  waits for keys    nobody (0 of 2)    a thin year",
    ]
    none = ListOverridesOutcome(today=date(2024, 2, 1), overrides=[])
    assert summary_of("list_overrides", none) == ["no override holds on 2024-02-01"]


def test_history_names_overrides_until_they_end():
    said = "calibration overridden until 2024-03-01 by Li and Zhao: a thin year"
    reign = REIGN.model_copy(update={"overridden": [said]})
    told = HistoryOutcome(
        model_name="default_risk", on=None, champions=[reign], batches=[], overrides=[OVERRIDE]
    )
    lines = summary_of("history", told)
    assert f"entry 12: {said}" in lines
    assert lines[-1] == (
        "calibration of version 4 is overridden until 2024-03-01 by Li and Zhao: a thin year"
    )


@pytest.mark.parametrize(
    ("in_force", "state"),
    [(True, "it counts now"), (False, "the list before counts until then")],
)
def test_a_new_list_of_people_says_whether_it_counts(in_force, state):
    outcome = ApprovePeopleOutcome(
        file_version="approvals/2024-02-01", name="Li", approvers=["Li"], in_force=in_force
    )
    assert summary_of("approve_people", outcome) == [
        f"Li approves approvals/2024-02-01: 1 of 2, {state}"
    ]


def test_history_tells_each_champion_with_its_evidence():
    told = HistoryOutcome(model_name="default_risk", on=None, champions=[REIGN], batches=[BATCH])
    lines = summary_of("history", told)
    shown = ("4", "2024-02-01 12:00", "now", "rolled back", "ops", "Li, Zhao", "e" * 16, "c" * 16)
    assert [word in lines[1] for word in (*shown, "12")] == [True] * 9
    assert lines[2:] == [
        "entry 12: losses rose",
        "entry 12: not cleared by the thresholds before performance.auc_low_floor",
        "evidence of version 4: models:/default_risk/4, gate/evidence.json",
    ]


def test_history_of_a_day_begins_with_the_limits_in_force():
    day = date(2024, 2, 1)
    told = HistoryOutcome(model_name="default_risk", on=day, champions=[REIGN], batches=[BATCH])
    assert summary_of("history", told)[0] == (
        "limits on 2024-02-01: version 4, 3,000 decisions of 2024-01-31, batch limits-1, "
        "ledger entry 13"
    )
    nothing = told.model_copy(update={"champions": [], "batches": []})
    assert summary_of("history", nothing) == [
        "no limits were decided up to 2024-02-01",
        "there was no champion on 2024-02-01",
    ]
    assert summary_of("history", nothing.model_copy(update={"on": None})) == [
        "there was no champion yet"
    ]


def test_keys_are_told_with_what_to_do_next():
    made = NewKeyOutcome(path="me.pem", key_id="a" * 16, public_key="b" * 64)
    assert summary_of("new_key", made) == [
        f"private key {'a' * 16} in me.pem: keep it to yourself",
        f"public_key: {'b' * 64}",
        "next: have it added to people in a new file in policies/approvals",
    ]
    rows = [
        KeyRow(key_id="a" * 16, added=BEGUN, revoked=BEGUN, why="stolen"),
        KeyRow(key_id="b" * 16, added=BEGUN, revoked=None, why=None),
    ]
    assert summary_of("list_keys", ListKeysOutcome(keys=rows)) == [
        "  key               added             revoked           why",
        f"  {'a' * 16}  2024-02-01 12:00  2024-02-01 12:00  stolen",
        f"  {'b' * 16}  2024-02-01 12:00",
    ]
    assert "first promotion makes one" in summary_of("list_keys", ListKeysOutcome(keys=[]))[0]
    rotated = RotateKeyOutcome(key_id="a", previous_key_id="b")
    assert summary_of("rotate_key", rotated) == [
        "the key a signs now; what b has signed stays good"
    ]
    revoked = RevokeKeyOutcome(key_id="b", signing_key_id="a")
    assert "next: tidegate promote or tidegate roll-back" in summary_of("revoke_key", revoked)[1]


def test_a_promotion_that_waits_says_for_whom_and_what_the_older_thresholds_say():
    older = OlderThresholdsRow(
        version="default_risk/2005-01-01",
        loosened=["performance.auc_low_floor"],
        passed=False,
        refusing=["performance"],
    )
    waiting = CheckRow(check="people", passed=False, measured={}, threshold={}, message="2 missing")
    without = CheckRow(
        check="policy_value",
        passed=False,
        measured={},
        threshold={},
        message="dispensed with until 2027-12-31",
        dispensed=True,
    )
    outcome = PromoteModelOutcome(
        model_name="default_risk",
        version="4",
        as_of=date(2024, 1, 31),
        cleared=False,
        checks=[waiting, without],
        certificate_digest=None,
        previous_champion="3",
        thresholds_version="default_risk/2024-01-15",
        evidence_digest="e" * 64,
        older_thresholds=older,
    )
    assert summary_of("promote_model", outcome)[-2:] == [
        "looser than in default_risk/2005-01-01: performance.auc_low_floor; the older would refuse "
        "performance",
        "next: tidegate approve 4 --key FILE --reason WHY",
    ]
