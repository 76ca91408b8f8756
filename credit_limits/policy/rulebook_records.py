"""Records of the rule book, as files hold them, made into rules; every refusal names its record."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.errors import PolicyError
from credit_limits.policy.lender import Jurisdiction, LenderType
from credit_limits.policy.permission import RULE_ORDER
from credit_limits.policy.rulebook import Consequence, Effect, Rule, Severity
from credit_limits.policy.rulebook_language import parse_amount, parse_predicate

_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "jurisdiction": str,
    "lender_type": str,
    "effective_from": date,
    "predicate": str,
    "effect": str,
    "severity": str,
    "source": str,
    "description": str,
}
_OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "effective_to": date,
    "at_most": (str, int, float),
    "within_days": int,
    "of": str,
    "reason": str,
}
ANY = "any"
"""The lender type of a rule that binds lenders of every licence."""

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def parse_rules(files: Mapping[str, Mapping[str, object]]) -> tuple[Rule, ...]:
    """Every rule of the files, given as a mapping of name to content, in order.

    Raises:
        PolicyError: a record that does not hold together, or two of one rule that overlap; names
            file and rule.
    """
    rules = tuple(
        rule for name, content in sorted(files.items()) for rule in _of_file(name, content)
    )
    for place, rule in enumerate(rules):
        for other in rules[:place]:
            if rule.rule_id == other.rule_id:
                _check_together(other, rule)
    return rules


def _of_file(name: str, content: Mapping[str, object]) -> list[Rule]:
    records = content.get("rules")
    if set(content) != {"rules"} or not isinstance(records, list) or not records:
        raise PolicyError(f"{name}: holds one key, 'rules', with a list of records")
    return [_rule(name, place, record) for place, record in enumerate(records)]


def _rule(file: str, place: int, record: object) -> Rule:
    named = record.get("id") if isinstance(record, Mapping) else None
    where = f"{file}, rule {named or place + 1}"
    try:
        if not isinstance(record, Mapping):
            raise PolicyError("is not a mapping")
        _check_fields(record)
        return Rule(
            rule_id=str(record["id"]),
            jurisdiction=Jurisdiction(_one_of(record, "jurisdiction", Jurisdiction)),
            lender_type=_lender_type(record),
            effective_from=record["effective_from"],
            effective_to=record.get("effective_to"),
            predicate=parse_predicate(str(record["predicate"])),
            consequence=_consequence(record),
            content={str(key): value for key, value in record.items()},
        )
    except (PolicyError, ValueError) as error:
        raise PolicyError(f"{where}: {error}") from error


def _consequence(record: Mapping[str, object]) -> Consequence:
    at_most, days = record.get("at_most"), record.get("within_days")
    named = "reason" in record
    return Consequence(
        effect=Effect(_one_of(record, "effect", Effect)),
        severity=Severity(_one_of(record, "severity", Severity)),
        at_most=None if at_most is None else parse_amount(str(at_most)),
        within_days=days if isinstance(days, int) else None,
        notice_of=_notice_of(record),
        reason=ReasonCode(_one_of(record, "reason", RULE_ORDER)) if named else None,
    )


def _notice_of(record: Mapping[str, object]) -> tuple[Action, ...]:
    """The actions that a notice is owed for; none where the record owes no notice."""
    if "of" not in record:
        return (Action.DECREASE,) if record["effect"] == Effect.NEEDS_NOTICE else ()
    named = [name.strip() for name in str(record["of"]).split(",")]
    return tuple(Action(_one_of({"of": name}, "of", Action)) for name in named)


def _lender_type(record: Mapping[str, object]) -> LenderType | None:
    named = _one_of(record, "lender_type", (*LenderType, ANY))
    return None if named == ANY else LenderType(named)


def _one_of(record: Mapping[str, object], name: str, choices: Iterable[str]) -> str:
    allowed = [str(choice) for choice in choices]
    if record[name] not in allowed:
        raise PolicyError(f"{name}: {record[name]!r} is none of {', '.join(allowed)}")
    return str(record[name])


def _check_fields(record: Mapping[str, object]) -> None:
    kinds = _FIELDS | _OPTIONAL
    if unknown := sorted(set(map(str, record)) - set(kinds)):
        raise PolicyError(f"unknown {', '.join(unknown)}; a record has {', '.join(kinds)}")
    if missing := [name for name in _FIELDS if name not in record]:
        raise PolicyError(f"{', '.join(missing)} missing")
    for name, value in record.items():
        other = isinstance(value, bool | datetime) or not isinstance(value, kinds[name])
        if other or value == "":
            raise PolicyError(f"{name}: {value!r} is not {_wanted(kinds[name])}")
    if not _ID.fullmatch(str(record["id"])):
        raise PolicyError("id: small letters and digits, joined by hyphens")


def _wanted(kind: type | tuple[type, ...]) -> str:
    kinds: Sequence[type] = kind if isinstance(kind, tuple) else (kind,)
    words = {str: "a text in quotes", int: "a whole number", float: "a number", date: "a date"}
    return " or ".join(words[each] for each in kinds)


def _check_together(one: Rule, other: Rule) -> None:
    if one.jurisdiction is not other.jurisdiction:
        raise PolicyError(
            f"rule {one.rule_id} is of {one.jurisdiction} and of {other.jurisdiction}; a rule "
            "belongs to one jurisdiction"
        )
    if one.clashes(other):
        raise PolicyError(
            f"rule {one.rule_id}: the records from {one.effective_from} and from "
            f"{other.effective_from} are in force together; let one end before the other begins"
        )
