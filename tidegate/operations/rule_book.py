"""The rule book of the lender at a date, out of ``policies/lender`` and ``policies/rulebook``."""

from dataclasses import replace
from datetime import date

from credit_limits.domain.errors import PolicyError
from credit_limits.policy.lender import Jurisdiction, Lender, LenderType, parse_lender
from credit_limits.policy.rulebook import Rule, RuleBook, in_force
from credit_limits.policy.rulebook_records import parse_rules
from tidegate.adapters.dated_policies import load_dated, load_folder
from tidegate.operations.platform import Platform


def all_rules(platform: Platform) -> tuple[Rule, ...]:
    """Every record of every jurisdiction.

    Raises:
        PolicyError: there is none, or one that does not hold together.
    """
    folder = platform.policies("rulebook")
    files = load_folder(folder)
    if not files:
        raise PolicyError(f"{folder} has no rule book; a lender without rules is not assumed")
    return parse_rules({f"{folder.name}/{name}.yaml": content for name, content in files.items()})


def lender_at(platform: Platform, on: date) -> Lender:
    """The lender as its file of the day says.

    Raises:
        PolicyError: no file is in force, or one that does not hold together.
    """
    return load_dated(platform.policies("lender"), on).parsed(parse_lender)


def rule_book_at(
    platform: Platform,
    on: date,
    jurisdiction: Jurisdiction | None = None,
    lender_type: LenderType | None = None,
) -> RuleBook:
    """The rules in force for the lender at a date, or for one elsewhere or of another licence.

    Raises:
        PolicyError: a file of the lender or of the rule book cannot be used.
    """
    lender = lender_at(platform, on)
    asked = replace(
        lender,
        jurisdiction=jurisdiction or lender.jurisdiction,
        lender_type=lender_type or lender.lender_type,
    )
    return in_force(all_rules(platform), asked, on)
