"""What an evidence pack says in sentences: the verdict, its use, what is asked and unusual."""

from collections.abc import Mapping, Sequence
from typing import Any

from credit_limits.gates.overrides import NEVER_OVERRIDDEN
from credit_limits.gates.result import CheckName
from tidegate.adapters.evidence_pack import Asked, CheckPage, Unusual
from tidegate.adapters.evidence_wording import small_margins
from tidegate.adapters.report_wording import large_yuan, percent, plural
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome

_Plain = Mapping[str, Any]


def sentence_of(outcome: PromoteModelOutcome) -> str:
    """The verdict in a sentence."""
    passed = sum(check.passed for check in outcome.checks)
    total = plural(len(outcome.checks), "check")
    refusing = [_named(check) for check in outcome.checks if check.refuses]
    if refusing:
        return f"The gate refuses it: {len(refusing)} of {total} did not pass, {_and(refusing)}."
    excused = [check.word for check in outcome.checks if not check.passed]
    counted = [f"{excused.count(word)} {word}" for word in dict.fromkeys(excused)]
    return f"The gate cleared it: {_and([f'{passed} of {total} passed', *counted])}."


def purpose_of(outcome: PromoteModelOutcome, evidence: _Plain) -> str:
    """For what it would decide, in figures of the portfolio of that day."""
    role = "As champion it decides" if outcome.cleared else "As champion it would decide"
    welfare, portfolio = evidence.get("welfare"), evidence.get("portfolio")
    if not isinstance(portfolio, Mapping):
        return f"{role} every credit limit of the portfolio."
    said = f"{role} the limits of {plural(int(portfolio['accounts']), 'open account')}"
    if isinstance(welfare, Mapping):
        added = welfare["candidate"]["added_minor"]
        said += (
            f", which hold {large_yuan(welfare['limit_minor'])} today; it would add "
            f"{large_yuan(added)}"
        )
    exposure, loss = portfolio["exposure_minor"], portfolio["expected_loss_minor"]
    share = percent(loss / exposure, 2) if exposure else "nothing"
    return f"{said}. The expected loss of a year is {share} of the exposure at default."


def asked_of(outcome: PromoteModelOutcome) -> Asked:
    """What a reader can do about this verdict."""
    version = outcome.version
    refusing = [check for check in outcome.checks if check.refuses]
    if not refusing:
        return Asked(
            "Nothing more: it is promoted, and this is what it was promoted on. If you would not "
            "have signed for it, make an earlier version champion again.",
            (f"tidegate roll-back --version {outcome.previous_champion or 'N'} --reason WHY",),
        )
    others = [check for check in refusing if check.check != CheckName.PEOPLE]
    if not others:
        return Asked(
            "Your signature, if what follows convinces you: every other check is content, and the "
            "policy asks for people. Whoever trained it or asks for its promotion cannot sign.",
            (
                f"tidegate approve {version} --key FILE --reason WHY",
                f"tidegate reject {version} --key FILE --reason WHY",
            ),
        )
    firm = [check for check in others if check.check in NEVER_OVERRIDDEN or not check.measured]
    if firm:
        return Asked(
            f"Nothing can be signed: {_and([_named(check) for check in firm])} cannot be "
            "overridden. What the check names has to be mended first.",
            (f"tidegate promote --version {version}",),
        )
    return Asked(
        "Nothing, unless you know better than the check: two approvers other than the maker may "
        "answer, until a day, for what it refused.",
        tuple(
            f"tidegate override {version} --check {check.check} --until DAY --reason WHY --key FILE"
            for check in others
        ),
    )


def unusual_of(
    outcome: PromoteModelOutcome, checks: tuple[CheckPage, ...], evidence: _Plain
) -> list[Unusual]:
    """What a reader should weigh, the gravest first."""
    found = [
        Unusual(row.word, f"{_named(row)}: {row.message.removeprefix(row.word).strip()}")
        for word in ("refused", "overridden", "dispensed with")
        for row in outcome.checks
        if row.word == word
    ]
    if older := outcome.older_thresholds:
        would = "would have cleared it, too" if older.passed else f"refuse: {_and(older.refusing)}"
        found.append(
            Unusual(
                "looser threshold",
                f"{', '.join(older.loosened)} ask for less than in {older.version}. The older "
                f"thresholds {would}",
            )
        )
    if outcome.previous_champion is None:
        found.append(
            Unusual(
                "first champion", "no champion stood before it, so there is none to compare with"
            )
        )
    challenger = evidence.get("challenger")
    if isinstance(challenger, Mapping) and challenger["kind"] == "PairedEvidence":
        difference = challenger["auc_difference"]
        if difference["high"] < 0:
            found.append(
                Unusual("worse than before", "its AUC lies below the champion's, beyond chance")
            )
    fairness = next(row for row in outcome.checks if row.check == CheckName.FAIRNESS)
    if "reported only" in fairness.message:
        found.append(Unusual("reported only", f"fairness: {fairness.message}"))
    for check in checks:
        if check.verdict == "passed":
            found += small_margins(check.check, check.bounds)
    return found


def _named(check: CheckRow) -> str:
    return check.check.replace("_", " ")


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
