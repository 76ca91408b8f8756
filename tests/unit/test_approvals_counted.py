"""Approvals: whose yes counts, for what, how long, and what a policy of approvals must say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from credit_limits.domain.errors import PolicyError
from credit_limits.gates.approvals import (
    Approval,
    ApprovalPolicy,
    Event,
    Person,
    SignedApproval,
    count_approvals,
    parse_approval_policy,
    read_approval,
)
from tests.changed_content import changed
from tests.conftest import ROOT
from tidegate.adapters.signing import make_key, verifies

NOW = datetime(2024, 1, 31, 12, tzinfo=UTC)
SCOPE = "5" * 64
SHIPPED = yaml.safe_load((ROOT / "policies/approvals/2005-01-01.yaml").read_text())
NAMES = ("Li", "Zhao", "Maker", "Guest")


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    return {name: make_key(folder / name) for name in (*NAMES, "Stranger")}


@pytest.fixture(scope="module")
def policy(signers) -> ApprovalPolicy:
    roles = {"Guest": ("reader",)}
    people = tuple(
        Person(name, signers[name].public_key, roles.get(name, ("approver",))) for name in NAMES
    )
    keys = {
        Event.PROMOTION: 0,
        Event.FIRST_CHAMPION: 1,
        Event.LOOSENED_THRESHOLD: 2,
        Event.OVERRIDE: 2,
    }
    return ApprovalPolicy("approvals/2024-01-01", people, keys, 30)


def said(signer, approves=True, scope=SCOPE, age=timedelta(hours=1)) -> SignedApproval:
    approval = Approval(approves, scope, {"version": "4"}, "read it", NOW - age)
    return SignedApproval(approval, signer.sign(approval.signed))


def count(policy, *given):
    found = count_approvals(
        given, policy, scope=SCOPE, now=NOW, makers=("Maker",), verifies=verifies
    )
    return found.approvers, found.rejected_by


def test_two_people_are_two_and_one_who_says_it_twice_is_one(signers, policy):
    li, zhao = said(signers["Li"]), said(signers["Zhao"])
    assert count(policy, li, zhao) == (("Li", "Zhao"), ())
    assert count(policy, li, li, said(signers["Li"], age=timedelta(0))) == (("Li",), ())


@pytest.mark.parametrize("who", ["Maker", "Guest", "Stranger"])
def test_whose_yes_is_none(signers, policy, who):
    assert count(policy, said(signers[who])) == ((), ())


def test_a_no_stands_until_the_same_person_says_yes(signers, policy):
    no, yes = said(signers["Li"], approves=False), said(signers["Li"])
    other = said(signers["Zhao"])
    assert count(policy, yes, other, no) == (("Zhao",), ("Li",))
    assert count(policy, no, other) == (("Zhao",), ("Li",))
    assert count(policy, no, yes) == (("Li",), ())


def test_the_maker_s_no_counts(signers, policy):
    assert count(policy, said(signers["Maker"], approves=False)) == ((), ("Maker",))


def test_an_approval_of_anything_else_says_nothing_of_this(signers, policy):
    assert count(policy, said(signers["Li"], scope="6" * 64)) == ((), ())


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (timedelta(days=29, hours=23), True),
        (timedelta(days=30), False),
        (timedelta(0), True),
        (timedelta(seconds=-1), False),
    ],
)
def test_a_yes_is_good_for_thirty_days_from_when_it_was_given(signers, policy, age, counts):
    assert count(policy, said(signers["Li"], age=age)) == ((("Li",), ()) if counts else ((), ()))


def test_a_no_does_not_expire(signers, policy):
    old = said(signers["Li"], approves=False, age=timedelta(days=400))
    assert count(policy, old) == ((), ("Li",))


@pytest.mark.parametrize(
    "change",
    [
        {"approves": False},
        {"scope": "7" * 64},
        {"about": {"version": "5"}},
        {"reason": "other"},
        {"given_at": NOW},
    ],
)
def test_a_signed_word_cannot_be_altered(signers, policy, change):
    genuine = said(signers["Li"])
    forged = replace(genuine, approval=replace(genuine.approval, **change))
    found = count_approvals(
        [forged],
        policy,
        scope=forged.approval.scope,
        now=NOW,
        makers=(),
        verifies=verifies,
    )
    assert (found.approvers, found.rejected_by) == ((), ())


def test_another_s_signature_is_not_one_s_own(signers, policy):
    genuine, other = said(signers["Li"]), said(signers["Stranger"])
    borrowed = replace(genuine, signature=replace(other.signature, key_id=signers["Li"].key_id))
    assert count(policy, borrowed) == ((), ())


def test_an_approval_survives_its_plain_form(signers):
    genuine = said(signers["Li"])
    assert read_approval(genuine.as_plain()) == genuine
    for plain in ({}, {"approval": {}}, {**genuine.as_plain(), "signature": None}):
        with pytest.raises(ValueError, match="there is no"):
            read_approval(plain)


@pytest.mark.parametrize(
    "change", [{"scope": ""}, {"reason": " "}, {"given_at": datetime(2024, 1, 31)}]
)
def test_an_approval_without_its_parts_is_unbuildable(signers, change):
    with pytest.raises(ValueError, match="an approval has a scope"):
        replace(said(signers["Li"]).approval, **change)


def test_the_most_that_one_event_asks_for_is_asked_for(policy):
    assert policy.required(()) == policy.required([Event.PROMOTION]) == 0
    assert policy.required([Event.PROMOTION, Event.FIRST_CHAMPION]) == 1
    assert policy.required(list(Event)) == 2


def test_the_shipped_policy_asks_two_for_less_or_against_the_chain():
    shipped = parse_approval_policy("approvals/2005-01-01", SHIPPED)
    assert {event: shipped.keys[event] for event in Event} == {
        Event.PROMOTION: 0,
        Event.FIRST_CHAMPION: 0,
        Event.LOOSENED_THRESHOLD: 2,
        Event.OVERRIDE: 2,
    }
    assert (shipped.people, shipped.valid_days, shipped.override_days) == ((), 30, 60)


def test_a_policy_that_does_not_speak_of_overrides_allows_none():
    silent = {name: SHIPPED[name] for name in SHIPPED if name != "override_longest_days"}
    events = {name: SHIPPED["events"][name] for name in SHIPPED["events"] if name != "override"}
    policy = parse_approval_policy("approvals/x", {**silent, "events": events})
    assert (policy.override_days, Event.OVERRIDE in policy.keys) == (0, False)
    for half in ({**SHIPPED, "events": events}, silent):
        with pytest.raises(PolicyError, match="belong together"):
            parse_approval_policy("approvals/x", half)


ONE = {"name": "Li", "public_key": "00" * 32, "roles": ["approver"]}


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("people",), None),
        (("people",), "Li"),
        (("people",), [{**ONE, "public_key": "00"}]),
        (("people",), [{**ONE, "name": ""}]),
        (("people",), [{**ONE, "roles": []}]),
        (("people",), [{**ONE, "roles": "approver"}]),
        (("people",), [{**ONE, "sudo": True}]),
        (("people",), [ONE, {**ONE, "public_key": "11" * 32}]),
        (("people",), [ONE, {**ONE, "name": "Zhao"}]),
        (("events", "loosened_threshold", "keys"), 1),
        (("events", "loosened_threshold"), None),
        (("events", "first_champion", "keys"), True),
        (("events", "first_champion", "keys"), -1),
        (("events", "first_champion", "reason"), ""),
        (("events", "weather"), {"keys": 1, "reason": "rain"}),
        (("approval_valid_days", "value"), 0),
        (("approval_valid_days", "value"), 30.5),
        (("events", "override", "keys"), 1),
        (("events", "override", "reason"), ""),
        (("override_longest_days", "value"), 0),
        (("override_longest_days", "value"), 400),
        (("override_longest_days", "reason"), ""),
        (("emergency",), True),
    ],
)
def test_a_policy_that_does_not_hold_together_is_refused(path, to):
    with pytest.raises(PolicyError, match="the approval policy cannot be used"):
        parse_approval_policy("approvals/x", changed(SHIPPED, path, to))
