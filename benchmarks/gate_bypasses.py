"""Ways round the gate, each a function that tampers with a copy of the installation.

An intruder here may write to the control database, the registry's alias, the policies and the
environment, has keys of his own, and may be one of those who approve. He has not the platform's
key, except where a kind says so.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
import yaml

from benchmarks.gate_installation import (
    MAKER,
    MODEL,
    REFUSED_VERSION,
    STRANGER,
    HandClock,
    Installation,
    people_entry,
    write_thresholds,
)
from credit_limits.domain.errors import TidegateError
from credit_limits.gates.certificate import Certificate, SignedCertificate, crowning
from credit_limits.ledger.entry import GENESIS_DIGEST, Entry, EntryKind, seal
from tidegate.adapters.control_db import _row
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.settings import Settings
from tidegate.adapters.signing import Signer, read_key
from tidegate.operations.approve_version import ApprovalRequest, approve_version
from tidegate.operations.champion import SEAL, certificate_in, crownings
from tidegate.operations.platform import Platform
from tidegate.operations.platform_key import platform_signer
from tidegate.operations.reject_version import reject_version
from tidegate.operations.revoke_key import RevokeKeyRequest, revoke_key


@dataclass
class Attack:
    """A copy under attack. ``as_of`` is the day asked for; ``platform`` may be opened anew."""

    installation: Installation
    platform: Platform
    draw: random.Random
    as_of: date | None = None

    @property
    def own(self) -> Signer:
        """The intruder's key."""
        return read_key(self.installation.keys[STRANGER])

    def reopen(self, **settings: object) -> None:
        """Open the copy with other settings."""
        changed = self.platform.settings.model_copy(update=settings)
        opened = Platform(Settings(**changed.model_dump()), self.platform.clock)
        self.platform = self.installation.tools(opened)


Bypass = Callable[[Attack], None]

_WORDS = (
    (
        "SKIP",
        "FORCE",
        "ALLOW",
        "DISABLE",
        "DRY_RUN",
        "APPROVED",
        "AUTO",
        "BYPASS",
        "NO",
        "OVERRIDE",
    ),
    (
        "GATE",
        "CHECKS",
        "PROMOTION",
        "APPROVAL",
        "VALIDATION",
        "CERTIFICATE",
        "FAIRNESS",
        "SIGNATURE",
    ),
)
_YES = ("1", "true", "yes", "on", "approved", "*")


def environment(attack: Attack) -> Mapping[str, str]:
    """Environment variables of every such name, and of settings that there are."""
    draw = attack.draw
    names = ["_".join(draw.choice(words) for words in _WORDS) for _ in range(8)]
    variables = {draw.choice(("", "TIDEGATE_")) + name: draw.choice(_YES) for name in names}
    variables["TIDEGATE_ACTOR"] = draw.choice(("Li", "Zhao", "root", MAKER))
    return variables


@contextmanager
def with_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and take them back."""
    with patch.dict("os.environ", variables):
        yield


def environment_variables(attack: Attack) -> None:
    """The platform as the environment's settings open it, with other policies at times."""
    settings = attack.platform.settings
    places = {
        "TIDEGATE_VAR_DIR": str(settings.var_dir),
        "TIDEGATE_POLICIES_DIR": str(settings.policies_dir),
    }
    if attack.draw.random() < 0.5:
        _own_policies(attack)
    with with_environment({**environment(attack), **places}):
        attack.reopen(**Settings().model_dump(exclude={"mlflow_tracking_uri", "threads"}))


def settings(attack: Attack) -> None:
    """Settings that there are not, another name, another and empty control database."""
    name = "_".join(attack.draw.choice(words).lower() for words in _WORDS)
    with suppress(ValueError):
        Settings(**{name: True})
        raise AssertionError(f"there is a setting {name}")
    if attack.draw.random() < 0.5:
        _own_policies(attack)
    empty = f"sqlite:///{attack.platform.settings.var_dir / 'empty.db'}"
    choice: list[dict[str, object]] = [{"actor": "Li"}, {"control_db_url": empty}]
    attack.reopen(**attack.draw.choice(choice))


def hand_moved_alias(attack: Attack) -> None:
    """The alias set in the registry, as its page or its client can."""
    _point(attack, REFUSED_VERSION)


def edited_certificate(attack: Attack) -> None:
    """The champion's certificate names another model, with the chain written anew around it."""
    refused = attack.platform.registry.load(MODEL, REFUSED_VERSION)
    changes: dict[str, object] = {
        "version": REFUSED_VERSION,
        "artefact_digest": refused.model.artefact_digest,
        "thresholds_version": f"{MODEL}/{attack.installation.strict_from}",
        "maker": "nobody",
        "evidence_digest": "0" * 64,
    }
    chosen = {"version", "artefact_digest", *attack.draw.sample(sorted(changes), 2)}

    def edit(entry: Entry) -> dict[str, Any]:
        payload = _copied(entry.payload)
        if entry.kind in (EntryKind.PROMOTION_INTENDED, EntryKind.MODEL_PROMOTED):
            payload["version"] = REFUSED_VERSION
        if entry.kind is EntryKind.PROMOTION_INTENDED:
            payload["certificate"] |= {name: changes[name] for name in chosen}
        return payload

    _rewrite(attack.platform, edit, sealed=attack.draw.random() < 0.8)
    _point(attack, REFUSED_VERSION)


def edited_ledger(attack: Attack) -> None:
    """Entries altered, taken away or appended, the chain written anew around them or not."""
    draw = attack.draw
    entries = attack.platform.ledger.entries()
    aim = draw.choice(entries).sequence

    def edit(entry: Entry) -> dict[str, Any] | None:
        payload = _copied(entry.payload)
        if entry.sequence != aim:
            return payload
        if draw.random() < 0.4:
            return None
        if payload:
            payload[draw.choice(sorted(payload))] = draw.choice(("", None, 0, REFUSED_VERSION, {}))
        return payload

    _rewrite(attack.platform, edit, sealed=draw.random() < 0.7)
    if draw.random() < 0.7:
        _point(attack, REFUSED_VERSION)


def forged_promotion(attack: Attack) -> None:
    """A whole promotion or roll-back, certificate and all, signed with the intruder's own key."""
    draw = attack.draw
    if draw.random() < 0.5:
        payload = {"public_key": attack.own.public_key, "endorsement": None}
        attack.platform.ledger.append(EntryKind.KEY_ADDED, "x", payload, key=attack.own.key_id)
    _forge(attack, attack.own, roll_back=draw.random() < 0.3)


def edited_thresholds(attack: Attack) -> None:
    """Looser thresholds: where the file lies, in a newer one, or by taking the strict one away."""
    platform, strict = attack.platform, attack.installation.strict_from
    how = attack.draw.choice(("in place", "newer", "gone", "renamed"))
    if how in ("gone", "renamed"):
        (platform.policies("gates", MODEL) / f"{strict}.yaml").unlink()
    if how in ("in place", "renamed"):
        write_thresholds(platform, strict, _loose(attack))
    if how == "newer":
        write_thresholds(platform, strict + timedelta(days=1), _loose(attack))


def dispensed_checks(attack: Attack) -> None:
    """A thresholds file that does without checks, or judges inputs no more."""
    content = _strict(attack)
    until = attack.installation.strict_from + timedelta(days=999)
    entry = {"until": until, "owner": "nobody", "reason": "in a hurry"}
    names = attack.draw.sample(sorted(content["thresholds"]), 2)
    content["dispensed"] = {**content.get("dispensed", {}), **dict.fromkeys(names, entry)}
    for name in names if attack.draw.random() < 0.5 else ():
        del content["thresholds"][name]
    write_thresholds(attack.platform, attack.installation.strict_from, content)


def replayed_approval(attack: Attack) -> None:
    """Two good approvals of other thresholds or another version, handed in again for these."""
    platform, draw = attack.platform, attack.draw
    write_thresholds(platform, attack.installation.strict_from, _loose(attack))
    _judge(attack)
    for name in ("Li", "Zhao"):
        _approve(attack, name)
    given = platform.ledger.entries(EntryKind.APPROVAL_GIVEN)
    write_thresholds(
        platform, attack.installation.strict_from, _loose(attack, ks=0.04 + draw.random() / 200)
    )
    _judge(attack)
    for place, entry in enumerate(given):
        payload = _copied(entry.payload)
        field = draw.choice(("scope", "about", "reason", "given_at", "nothing"))
        if field != "nothing":
            payload["approval"][field] = (
                {"version": "9"} if field == "about" else "2024-07-01T00:00:00+00:00"
            )
        platform.ledger.append(EntryKind.APPROVAL_GIVEN, "x", payload, key=f"again-{place}")


def maker_approves_himself(attack: Attack) -> None:
    """One genuine approval, and the maker's own, said once or often, under one name or another."""
    write_thresholds(attack.platform, attack.installation.strict_from, _loose(attack))
    _judge(attack)
    _approve(attack, "Li")
    trained = {"model_name": MODEL, "version": REFUSED_VERSION}
    attack.platform.ledger.append(EntryKind.MODEL_TRAINED, MAKER, trained, key="by the maker")
    for _ in range(attack.draw.randint(1, 3)):
        attack.reopen(actor=attack.draw.choice((MAKER, "scheduler", "else")))
        _approve(attack, MAKER)
        _approve(attack, "Li")


def one_key_of_two(attack: Attack) -> None:
    """One approval where two are needed, or two and a no, or one by who is on no list."""
    write_thresholds(attack.platform, attack.installation.strict_from, _loose(attack))
    _judge(attack)
    _approve(attack, "Li")
    if attack.draw.random() < 0.5:
        _approve(attack, STRANGER)
    elif attack.draw.random() < 0.5:
        _approve(attack, "Zhao")
        _approve(attack, MAKER, no=True)


def people_of_his_own(attack: Attack) -> None:
    """A list of approvers that the intruder wrote himself, with looser thresholds."""
    _own_policies(attack)
    _judge(attack)
    _approve(attack, STRANGER)


def revoked_key(attack: Attack) -> None:
    """The platform's own key, stolen before it was revoked, signs after that."""
    stolen = platform_signer(attack.platform)
    why = RevokeKeyRequest(key_id=stolen.key_id, reason="stolen")
    revoke_key(attack.platform, why)
    if attack.draw.random() < 0.5:
        payload = {
            "public_key": attack.own.public_key,
            "endorsement": stolen.sign(b"endorse").as_plain(),
        }
        attack.platform.ledger.append(EntryKind.KEY_ADDED, "x", payload, key=attack.own.key_id)
    _forge(attack, stolen, roll_back=attack.draw.random() < 0.3)


def clock_set_back(attack: Attack) -> None:
    """Approvals that have expired, with the clock put back; or a day of looser thresholds."""
    clock = attack.platform.clock
    assert isinstance(clock, HandClock)
    if attack.draw.random() < 0.5:
        days = attack.draw.randint(2, 5000)
        attack.as_of = attack.installation.strict_from - timedelta(days=days)
        clock.at -= timedelta(days=days)
        return
    write_thresholds(attack.platform, attack.installation.strict_from, _loose(attack))
    _judge(attack)
    for name in ("Li", "Zhao"):
        _approve(attack, name)
    clock.at += timedelta(days=attack.draw.randint(30, 400))
    attack.platform.ledger.append(EntryKind.BATCH_ACCEPTED, "x", {"batch_id": "later"}, key="later")
    clock.at -= timedelta(days=attack.draw.randint(1, 400))


BYPASSES: dict[str, Bypass] = {
    "environment variables": environment_variables,
    "settings": settings,
    "hand-moved alias": hand_moved_alias,
    "edited certificate": edited_certificate,
    "edited ledger": edited_ledger,
    "forged promotion": forged_promotion,
    "edited thresholds": edited_thresholds,
    "dispensed checks": dispensed_checks,
    "replayed approval": replayed_approval,
    "maker approving himself": maker_approves_himself,
    "one key of two": one_key_of_two,
    "a list of people of his own": people_of_his_own,
    "revoked key": revoked_key,
    "clock set back": clock_set_back,
}


def _point(attack: Attack, version: str) -> None:
    attack.platform.registry.set_alias(MODEL, "champion", version)


def _strict(attack: Attack) -> dict[str, Any]:
    folder = attack.installation.platform.policies("gates", MODEL)
    content: dict[str, Any] = yaml.safe_load(
        (folder / f"{attack.installation.strict_from}.yaml").read_text()
    )
    return content


def _loose(attack: Attack, ks: float = 0.05) -> dict[str, Any]:
    """The strict thresholds with a floor that version 2 reaches, and the reason that is asked."""
    content = _strict(attack)
    content["thresholds"]["performance"]["auc_low_floor"]["value"] = 0.55
    content["loosened"] = {"performance.auc_low_floor": f"a thin year, {ks:.6f}"}
    return content


def _own_policies(attack: Attack) -> None:
    """Policies of the intruder's own: looser, and with people who are he."""
    platform = attack.platform
    write_thresholds(platform, attack.installation.strict_from, _loose(attack))
    file = next(iter(platform.policies("approvals").glob("*.yaml")))
    content = yaml.safe_load(file.read_text())
    content["people"] = [people_entry(STRANGER, attack.own.public_key)]
    file.write_text(yaml.safe_dump(content))


def _judge(attack: Attack) -> None:
    """The entry of a refusal under the thresholds in force, without measuring all again."""
    platform = attack.platform
    gates = load_dated(platform.policies("gates", MODEL), platform.lake.latest_knowledge())
    payload = {
        "model_name": MODEL,
        "version": REFUSED_VERSION,
        "thresholds_digest": gates.digest,
        "evidence_digest": attack.installation.evidence.digest,
    }
    key = f"refused under {gates.digest}"
    platform.ledger.append(EntryKind.PROMOTION_REFUSED, "scheduler", payload, key=key)


def _approve(attack: Attack, name: str, *, no: bool = False) -> None:
    """Say yes or no through the command's own operation, which may refuse to take it."""
    request = ApprovalRequest(
        version=REFUSED_VERSION, key=attack.installation.keys[name], reason="looks good"
    )
    with suppress(TidegateError):
        (reject_version if no else approve_version)(attack.platform, request)


def _forge(attack: Attack, signer: Signer, *, roll_back: bool) -> None:
    ledger = attack.platform.ledger
    genuine = ledger.latest(EntryKind.PROMOTION_INTENDED)
    promoted = ledger.latest(EntryKind.MODEL_PROMOTED)
    assert genuine is not None
    assert promoted is not None
    refused = attack.platform.registry.load(MODEL, REFUSED_VERSION)
    certificate: Certificate = replace(
        certificate_in(genuine),
        version=REFUSED_VERSION,
        artefact_digest=refused.model.artefact_digest,
    )
    follows = crownings(attack.platform, MODEL)[-1].digest
    signed = SignedCertificate(certificate, follows, signer.sign(crowning(certificate, follows)))
    body = {"model_name": MODEL, "version": REFUSED_VERSION, "reason": "forged"}
    crown = _copied(promoted.payload) | body | {"certificate_digest": certificate.digest}
    intended = {**body, "certificate": certificate.as_plain(), "outcome": crown}
    ledger.append(
        EntryKind.PROMOTION_INTENDED, "x", intended | {SEAL: signed.seal_as_plain()}, key="forged"
    )
    ledger.append(EntryKind.MODEL_PROMOTED, "x", crown, key="forged")
    if roll_back:
        follows = crownings(attack.platform, MODEL)[-1].digest
        again = SignedCertificate(certificate, follows, signer.sign(crowning(certificate, follows)))
        rolled = crown | {SEAL: again.seal_as_plain()}
        ledger.append(EntryKind.MODEL_ROLLED_BACK, "x", rolled, key="forged")
    _point(attack, REFUSED_VERSION)


def _copied(payload: Mapping[str, object]) -> dict[str, Any]:
    copy: dict[str, Any] = yaml.safe_load(yaml.safe_dump(dict(payload)))
    return copy


def _rewrite(
    platform: Platform, edit: Callable[[Entry], dict[str, Any] | None], *, sealed: bool
) -> None:
    """Write every entry anew with its edited payload, with digests that fit where ``sealed``."""
    entries, rows, previous = platform.ledger.entries(), [], GENESIS_DIGEST
    for entry in entries:
        payload = edit(entry)
        if payload is None:
            continue
        again = seal(
            sequence=len(rows) + 1,
            time=entry.time,
            kind=entry.kind,
            key=entry.key,
            actor=entry.actor,
            payload=payload,
            previous_digest=previous,
        )
        row = _row(again if sealed else replace(entry, payload=payload))
        rows.append(row)
        previous = str(row["digest"])
    with platform.ledger.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM ledger_entries"))
        table = sa.table("ledger_entries", *(sa.column(name) for name in rows[0]))
        connection.execute(table.insert(), rows)
