"""Ways round the gate by way of overrides; see ``benchmarks.gate_bypasses`` for who attacks.

Version 2 is refused by one check, performance, which can be overridden. Every attack here falls
short of two people other than the maker who have signed the same, for this very refusal, and which
has not ended.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from benchmarks.gate_bypasses import Attack, Bypass, _copied, _loose, _strict
from benchmarks.gate_installation import (
    MAKER,
    MODEL,
    REFUSED_VERSION,
    STRANGER,
    HandClock,
    write_thresholds,
)
from credit_limits.domain.errors import TidegateError
from credit_limits.domain.signature import statement
from credit_limits.gates.evidence import Evidence
from credit_limits.gates.overrides import NEVER_OVERRIDDEN
from credit_limits.gates.result import CheckName
from credit_limits.gates.thresholds import parse_thresholds
from credit_limits.gates.verdict import judge
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.adapters.signing import read_key
from tidegate.operations.approvals import people_evidence
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import standing_champion
from tidegate.operations.grounds import grounds_of
from tidegate.operations.ledger_time import latest_day, latest_time
from tidegate.operations.override_version import OverrideRequest, override_version
from tidegate.operations.promotion_outcome import outcome_of

_WHY = "the winter cohort is small"
_CHECK = CheckName.PERFORMANCE
_FIRM = tuple(sorted(NEVER_OVERRIDDEN))


def one_key(attack: Attack) -> None:
    """One person, or one and somebody on no list."""
    refuse(attack)
    sign(attack, "Li")
    if attack.draw.random() < 0.5:
        sign(attack, STRANGER)


def same_key_twice(attack: Attack) -> None:
    """One person signs again and again, at other times; the entry is copied, its time edited."""
    refuse(attack)
    clock = attack.platform.clock
    assert isinstance(clock, HandClock)
    for _ in range(attack.draw.randint(2, 4)):
        sign(attack, "Li", until=latest_day(attack.platform) + timedelta(days=20))
        clock.at += timedelta(hours=1)
    for place, payload in enumerate(_signed(attack)):
        if attack.draw.random() < 0.5:
            payload["given_at"] = "2024-06-30T12:00:00+00:00"
        payload["name"] = "Zhao"
        _append(attack, payload, f"again-{place}")


def makers_key(attack: Attack) -> None:
    """One genuine signature and the maker's, whoever asks for the promotion."""
    trained = {"model_name": MODEL, "version": REFUSED_VERSION}
    attack.platform.ledger.append(EntryKind.MODEL_TRAINED, MAKER, trained, key="by the maker")
    refuse(attack)
    sign(attack, "Li")
    attack.reopen(actor=attack.draw.choice((MAKER, "scheduler", "else")))
    sign(attack, MAKER)
    by_hand(attack, MAKER, _signed(attack)[0]["override"])


def ended(attack: Attack) -> None:
    """Two good signatures, of an override that has ended since."""
    refuse(attack)
    until = latest_day(attack.platform) + timedelta(days=attack.draw.randint(0, 59))
    sign(attack, "Li", until=until)
    sign(attack, "Zhao", until=until)
    clock = attack.platform.clock
    assert isinstance(clock, HandClock)
    clock.at += timedelta(days=(until - clock.at.date()).days + attack.draw.randint(1, 400))


def clock_set_back(attack: Attack) -> None:
    """The same, with the clock put back behind an entry that was written after its end."""
    before = attack.platform.clock.now()
    ended(attack)
    attack.platform.ledger.append(EntryKind.BATCH_ACCEPTED, "x", {"batch_id": "later"}, key="later")
    assert isinstance(attack.platform.clock, HandClock)
    attack.platform.clock.at = before


def replayed(attack: Attack) -> None:
    """Two good signatures for other figures or another version, handed in again for these."""
    content = _strict(attack)
    content["thresholds"]["performance"]["auc_low_floor"]["value"] = 0.999
    write_thresholds(attack.platform, attack.installation.strict_from, content)
    refuse(attack)
    for name in ("Li", "Zhao"):
        sign(attack, name)
    old = _signed(attack)
    write_thresholds(attack.platform, attack.installation.strict_from, _strict(attack))
    refuse(attack)
    sign(attack, STRANGER)
    asked = _asked(attack)
    field = attack.draw.choice(("scope", "finding", "check", "version", "nothing"))
    for place, payload in enumerate(old):
        if field == "check":
            payload["override"]["check"] = attack.draw.choice(sorted(CheckName))
        elif field != "nothing":
            payload["override"][field] = asked[field]
        if attack.draw.random() < 0.5:
            payload["override"] = asked
        _append(attack, payload, f"replayed-{place}")


def edited(attack: Attack) -> None:
    """Two signatures of two overrides, one edited to say what the other does."""
    refuse(attack)
    today = latest_day(attack.platform)
    sign(attack, "Li", until=today + timedelta(days=50))
    if attack.draw.random() < 0.5:
        sign(attack, "Zhao", until=today + timedelta(days=5))
    else:
        sign(attack, "Zhao", until=today + timedelta(days=50), reason="only for the launch")
    first, second = _signed(attack)
    second["override"] = first["override"]
    _append(attack, second, "edited")


def never_overridden(attack: Attack) -> None:
    """Two who may sign for a check that nobody can answer for, by hand, past the command."""
    write_thresholds(attack.platform, attack.installation.strict_from, _loose(attack))
    refuse(attack)
    check = CheckName.PEOPLE if attack.draw.random() < 0.7 else attack.draw.choice(_FIRM)
    with suppress(TidegateError):
        override_version(attack.platform, _request(attack, "Li", check))
        raise AssertionError(f"{check} was overridden")
    override = _asked(attack) | {"check": check.value}
    for name in ("Li", "Zhao"):
        by_hand(attack, name, override)


def longer_than_allowed(attack: Attack) -> None:
    """Two who sign by hand for longer than the policy allows, or before their time has come."""
    refuse(attack)
    until = latest_day(attack.platform) + timedelta(days=attack.draw.randint(61, 900))
    given = latest_time(attack.platform) + timedelta(days=attack.draw.randint(1, 900))
    for name in ("Li", "Zhao"):
        by_hand(attack, name, _asked(attack) | {"until": until.isoformat()})
        late = {"until": (given.date() + timedelta(days=9)).isoformat()}
        by_hand(attack, name, _asked(attack) | late, at=given.isoformat())


OVERRIDE_BYPASSES: dict[str, Bypass] = {
    "override, one key": one_key,
    "override, one key twice": same_key_twice,
    "override by the maker": makers_key,
    "override, ended": ended,
    "override, clock set back": clock_set_back,
    "override, replayed": replayed,
    "override, edited": edited,
    "override of what cannot be": never_overridden,
    "override, too long or early": longer_than_allowed,
}


def refuse(attack: Attack) -> None:
    """The entry that a refused promotion leaves, from the evidence that was gathered before."""
    platform = attack.platform
    known = platform.lake.latest_knowledge()
    loaded = platform.registry.load(MODEL, REFUSED_VERSION)
    candidate = Candidate(platform, loaded, known, standing_champion(platform, MODEL))
    gates = load_dated(platform.policies("gates", MODEL), known)
    evidence = evidence_with_people(attack, candidate, gates)
    verdict = judge(evidence, parse_thresholds(gates.version, gates.content), known)
    outcome = outcome_of(candidate, verdict, grounds_of(candidate, gates, evidence, known), None)
    payload = outcome.model_dump(mode="json")
    key = f"refused under {gates.digest} by {len(platform.ledger.entries())}"
    platform.ledger.append(EntryKind.PROMOTION_REFUSED, "scheduler", payload, key=key)


def evidence_with_people(attack: Attack, candidate: Candidate, gates: DatedFile) -> Evidence:
    """The evidence gathered before, with what the ledger says of people now."""
    people = people_evidence(candidate, gates)
    return replace(attack.installation.evidence, people=people, absences=())


def sign(attack: Attack, name: str, *, until: date | None = None, reason: str = _WHY) -> None:
    """Sign through the command's own operation, which may refuse to take it."""
    request = _request(attack, name, _CHECK, until=until, reason=reason)
    with suppress(TidegateError):
        override_version(attack.platform, request)


def by_hand(attack: Attack, name: str, override: dict[str, Any], *, at: str | None = None) -> None:
    """Sign without the command, and append the entry as anyone can."""
    given_at = at or latest_time(attack.platform).isoformat()
    signer = read_key(attack.installation.keys[name])
    signed = statement("override", {"override": override, "given_at": given_at})
    signature = signer.sign(signed).as_plain()
    payload = {"override": override, "given_at": given_at, "signature": signature}
    _append(attack, payload, f"by hand {signature['value']}")


def _request(
    attack: Attack,
    name: str,
    check: CheckName,
    *,
    until: date | None = None,
    reason: str = _WHY,
) -> OverrideRequest:
    return OverrideRequest(
        version=REFUSED_VERSION,
        check=check.value,
        until=until or latest_day(attack.platform) + timedelta(days=30),
        key=attack.installation.keys[name],
        reason=reason,
    )


def _asked(attack: Attack) -> dict[str, Any]:
    """The override that would open the gate, as one genuine signature leaves it."""
    known = len(_signed(attack))
    sign(attack, "Li", reason=f"asked {known}")
    given = _signed(attack)
    if len(given) == known:
        other = attack.installation.evidence.digest
        return {
            "model_name": MODEL,
            "version": REFUSED_VERSION,
            "scope": other,
            "check": _CHECK.value,
            "finding": other,
            "until": (latest_day(attack.platform) + timedelta(days=30)).isoformat(),
            "reason": _WHY,
        }
    asked: dict[str, Any] = given[-1]["override"]
    return asked


def _signed(attack: Attack) -> list[dict[str, Any]]:
    return [
        _copied(entry.payload)
        for entry in attack.platform.ledger.entries(EntryKind.OVERRIDE_SIGNED)
    ]


def _append(attack: Attack, payload: dict[str, Any], key: str) -> None:
    attack.platform.ledger.append(EntryKind.OVERRIDE_SIGNED, "x", payload, key=key)
