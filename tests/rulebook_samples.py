"""Rule books for tests: the one that ships, and books of records written in the test."""

from datetime import date
from functools import cache

from credit_limits.policy.lender import Jurisdiction, Lender, LenderType
from credit_limits.policy.rulebook import Rule, RuleBook, in_force
from credit_limits.policy.rulebook_records import parse_rules
from tests.conftest import ROOT
from tidegate.adapters.dated_policies import load_folder

RECORD = {
    "id": "no-more",
    "jurisdiction": "CN",
    "lender_type": "any",
    "effective_from": date(2020, 1, 1),
    "predicate": "declines_increases",
    "effect": "no_increase",
    "reason": "declines_increases",
    "severity": "blocking",
    "source": "a law",
    "description": "nobody who declines",
}
CAP = {"effect": "cap_customer_total", "reason": "customer_cap", "predicate": "TRUE"}
DUTY = {"effect": "needs_notice", "severity": "reporting", "reason": None, "within_days": 7}
BANK = Lender(Jurisdiction.CHINA, LenderType.BANK, lends_jointly=False)


def record(**changes: object) -> dict[str, object]:
    """:data:`RECORD` with changes; a field changed to ``None`` is left out."""
    changed = RECORD | changes
    return {name: value for name, value in changed.items() if value is not None}


def rules(*records: dict[str, object]) -> tuple[Rule, ...]:
    return parse_rules({"cn.yaml": {"rules": list(records)}})


def book(*changes: dict[str, object], lender: Lender = BANK) -> RuleBook:
    """A book of one record for each mapping of changes, named rule-0, rule-1 and so on."""
    named = [record(**{"id": f"rule-{place}", **each}) for place, each in enumerate(changes)]
    return in_force(rules(*named) if named else (), lender, date(2024, 1, 31))


@cache
def shipped_rules() -> tuple[Rule, ...]:
    return parse_rules(load_folder(ROOT / "policies" / "rulebook"))


def shipped_book(
    on: date,
    jurisdiction: Jurisdiction = Jurisdiction.CHINA,
    lender_type: LenderType = LenderType.BANK,
    *,
    lends_jointly: bool = False,
) -> RuleBook:
    """The rule book that ships, as it stands for a lender on a day."""
    lender = Lender(jurisdiction, lender_type, lends_jointly)
    return in_force(shipped_rules(), lender, on)
