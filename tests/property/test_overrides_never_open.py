"""No set of overrides that falls short of two good ones opens the gate."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.gates.overrides import SignedOverride, granted_overrides
from credit_limits.gates.result import CheckName
from credit_limits.gates.verdict import Refused, judge
from tests.gate_samples import DAY, thresholds
from tests.override_samples import (
    NAMES,
    NOW,
    SCOPE,
    UNTIL,
    override,
    policy,
    signed,
    thin_evidence,
)
from tidegate.adapters.signing import Signer, make_key, verifies

Signers = dict[str, Signer]
LATE = NOW + timedelta(days=1)
EDITS = {
    "until": UNTIL - timedelta(days=1),
    "reason": "another",
    "scope": "9" * 64,
    "finding": "9" * 64,
    "check": CheckName.WELFARE,
    "version": "5",
}
FAULTS: dict[str, Callable[[Signers, str], SignedOverride]] = {
    "by the maker": lambda who, _: signed(who["Maker"]),
    "by one without the role": lambda who, _: signed(who["Guest"]),
    "by a stranger": lambda who, _: signed(who["Stranger"]),
    "dated later": lambda who, name: signed(who[name], at=LATE),
    "given too long ago": lambda who, name: signed(who[name], at=NOW - timedelta(days=40)),
    "ended": lambda who, name: signed(who[name], override(until=DAY - timedelta(days=1))),
    "too long": lambda who, name: signed(who[name], override(until=DAY + timedelta(days=61))),
    "signed by another than it says": lambda who, name: replace(
        signed(who["Stranger"]), signature=replace(signed(who[name]).signature, value="0" * 128)
    ),
    **{
        f"edited {field}": lambda who, name, field=field, value=value: replace(
            signed(who[name], override(**{field: value})), override=override()
        )
        for field, value in EDITS.items()
    },
    **{
        f"other {field}": lambda who, name, field=field, value=value: signed(
            who[name], override(**{field: value})
        )
        for field, value in EDITS.items()
        if field in ("scope", "check")
    },
}
faulty = st.tuples(st.sampled_from(sorted(FAULTS)), st.sampled_from(["Li", "Zhao"]))


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Signers:
    folder = tmp_path_factory.mktemp("people")
    return {name: make_key(folder / name) for name in (*NAMES, "Stranger")}


def verdict_on(signers: Signers, given_overrides: list[SignedOverride]):
    granted = granted_overrides(
        given_overrides,
        policy(signers),
        scopes={CheckName.PERFORMANCE: SCOPE},
        now=NOW,
        makers=("Maker",),
        verifies=verifies,
    )
    return judge(thin_evidence(), thresholds(), DAY, granted)


@settings(max_examples=120)
@given(
    faults=st.lists(faulty, max_size=6),
    good=st.sampled_from([None, "Li", "Zhao"]),
    times=st.integers(1, 3),
)
def test_bad_ones_and_one_good_one_never_open_it(signers, faults, good, times):
    found = [FAULTS[fault](signers, name) for fault, name in faults]
    if good:
        found += [signed(signers[good], at=NOW - timedelta(hours=hour)) for hour in range(times)]
    assert isinstance(verdict_on(signers, found), Refused)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_fault_keeps_its_own_signature_from_counting(signers, fault):
    bad = FAULTS[fault](signers, "Zhao")
    assert isinstance(verdict_on(signers, [signed(signers["Li"]), bad]), Refused)
    mended = verdict_on(signers, [signed(signers["Li"]), bad, signed(signers["Zhao"])])
    assert not isinstance(mended, Refused)
