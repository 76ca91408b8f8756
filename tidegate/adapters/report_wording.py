"""How the cycle's page words numbers, names and verdicts. Every function returns plain text."""

from datetime import date, datetime

from credit_limits.domain.account import Product
from credit_limits.domain.decision import Action
from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.policy.portfolio_caps import read_in
from tidegate.adapters.cycle_report import CycleReport
from tidegate.adapters.cycle_report_decisions import Allocation
from tidegate.adapters.cycle_report_model import GateFigure, GateVerdict, Interval, ModelComparison
from tidegate.adapters.cycle_report_quality import BatchQuality
from tidegate.adapters.cycle_report_watch import Drift, FirstMisses

ACTION_NAMES = {
    Action.INCREASE: "Raised",
    Action.DECREASE: "Lowered",
    Action.HOLD: "Held",
    Action.CLOSE_INCREASES: "Closed to increases",
    Action.REOPEN_INCREASES: "Reopened",
    Action.FREEZE: "Frozen",
    Action.UNFREEZE: "Unfrozen",
    Action.EXTEND_TERM: "Term extended",
    Action.CHANGE_RATE: "Rate changed",
    Action.REFER: "Referred",
}
_PRODUCT_NAMES = {Product.PAY_LATER: "Pay later", Product.CASH_LOAN: "Cash loan"}
_FIGURE_NAMES = {
    "auc": "AUC",
    "ks": "KS",
    "ece": "Calibration error (ECE)",
    "brier": "Brier score",
    "slope": "Calibration slope",
    "intercept": "Calibration intercept",
    "predicted_over_observed": "Predicted over observed",
}
_FIGURE_DIRECTIONS = {
    "auc": "higher is better",
    "ks": "higher is better",
    "ece": "lower is better",
    "brier": "lower is better",
    "slope": "best at 1",
    "intercept": "best at 0",
    "predicted_over_observed": "best at 1",
}
_SHORT = {"auc": "AUC", "ks": "KS", "ece": "ECE", "psi": "PSI"}
_MILLION = 1_000_000 * MINOR_PER_YUAN
_SIGNS = {">=": "at least", "<=": "at most", "==": "exactly"}
_MINUS = "\N{MINUS SIGN}"


def count(number: int) -> str:
    """A count with thousands separated.

    >>> count(30000)
    '30,000'
    """
    return _minus(f"{number:,}")


def signed(number: int) -> str:
    """A count with its sign, zero without one."""
    return _minus(f"{number:+,}") if number else "0"


def yuan(amount_minor: float) -> str:
    """Minor units as whole yuan.

    >>> yuan(12_345_678)
    '123,457'
    """
    return count(round(amount_minor / MINOR_PER_YUAN))


def signed_yuan(amount_minor: float) -> str:
    """Minor units as whole yuan with the sign."""
    return signed(round(amount_minor / MINOR_PER_YUAN))


def large_yuan(amount_minor: float) -> str:
    """An amount for a sentence: in millions from a million on.

    >>> large_yuan(123_456_789_00), large_yuan(5_000_00)
    ('123.5 million yuan', '5,000 yuan')
    """
    if abs(amount_minor) < _MILLION:
        return f"{yuan(amount_minor)} yuan"
    return _minus(f"{amount_minor / _MILLION:,.1f} million yuan")


def short_yuan(amount_minor: float) -> str:
    """An amount for a headline figure, in millions.

    >>> short_yuan(123_456_789_00)
    '123.5 m'
    """
    return _minus(f"{amount_minor / _MILLION:,.1f} m")


def percent(share: float | None, digits: int = 1) -> str:
    """A share, 0 to 1, as a percentage.

    >>> percent(0.0425), percent(None)
    ('4.2%', 'not known')
    """
    return "not known" if share is None else _minus(f"{100 * share:.{digits}f}%")


def figure(value: float) -> str:
    """A figure of a model, four decimals."""
    return _minus(f"{value:.4f}")


def signed_figure(value: float) -> str:
    """A difference of two figures of a model."""
    return _minus(f"{value:+.4f}")


def bounds(figures: Interval) -> str:
    """The bounds of a figure."""
    return f"{figure(figures.low)} to {figure(figures.high)}"


def measure(value: float | None) -> str:
    """A figure of a gate check: whole numbers whole, others to five significant digits.

    >>> measure(30000.0), measure(0.123456), measure(None)
    ('30,000', '0.12346', 'no evidence')
    """
    if value is None:
        return "no evidence"
    return _minus(f"{int(value):,}" if value == int(value) else f"{value:.5g}")


def asked(bounds: tuple[tuple[str, float], ...]) -> str:
    """What a gate check asks of a figure.

    >>> asked(((">=", 0.75),)), asked(((">=", 0.8), ("<=", 1.25)))
    ('at least 0.75', '0.8 to 1.25')
    """
    match bounds:
        case ((">=", low), ("<=", high)):
            return f"{measure(low)} to {measure(high)}"
    return ", ".join(f"{_SIGNS.get(sign, sign)} {measure(value)}" for sign, value in bounds)


def informing(figures: tuple[GateFigure, ...]) -> str:
    """Figures that were measured and not judged."""
    return ", ".join(f"{words(figure.name)} {measure(figure.measured)}" for figure in figures)


def psi(value: float | None) -> str:
    """A population stability index, where the column is there."""
    return "absent" if value is None else _minus(f"{value:.3f}")


def price(value: float) -> str:
    """A shadow price: what one more unit of a cap would earn; none where the cap is slack."""
    return _minus(f"{value:.4f}") if value else "0"


def cap_amount(amount: float, measure: str) -> str:
    """What a cap allows or has used: money as whole yuan, changes as a count.

    >>> cap_amount(12_345_678, "exposure"), cap_amount(1_200, "changes")
    ('123,457', '1,200')
    """
    return count(round(amount / read_in(measure)))


def cap_price(value: float, measure: str) -> str:
    """Yuan a year that one more yuan of a cap, or one more change, would earn."""
    return price(value * read_in(measure) / MINOR_PER_YUAN)


def exact_yuan(amount_minor: float) -> str:
    """An average in minor units as yuan, to the fen.

    >>> exact_yuan(80_012.6)
    '800.13'
    """
    return _minus(f"{amount_minor / MINOR_PER_YUAN:,.2f}")


def day(value: date) -> str:
    """A date in words.

    >>> day(date(2005, 10, 31))
    '31 October 2005'
    """
    return f"{value.day} {value:%B %Y}"


def instant(value: datetime) -> str:
    """A UTC time to the minute."""
    return f"{value:%Y-%m-%d %H:%M}"


def words(name: str) -> str:
    """A name of the code as words: ``expected_loss`` becomes "Expected loss"."""
    if name in set(Product):
        return _PRODUCT_NAMES[Product(name)]
    text = " ".join(_SHORT.get(part, part) for part in name.split("_"))
    return text[:1].upper() + text[1:]


def figure_name(name: str) -> str:
    """A figure of a model by the name that readers know."""
    return _FIGURE_NAMES.get(name, words(name))


def figure_direction(name: str) -> str:
    """Where a figure of a model is best."""
    return _FIGURE_DIRECTIONS.get(name, "")


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "check"), plural(3, "check")
    ('1 check', '3 checks')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def answer(report: CycleReport) -> str:
    """The first sentence of the page: what was decided."""
    if report.decisions is None:
        return (
            "No limit moves: the run refused to decide."
            if report.refusal
            else ("No limit has been decided yet.")
        )
    total = report.decisions.total
    raised, lowered = total.count(Action.INCREASE), total.count(Action.DECREASE)
    change = total.after_minor - total.before_minor
    moved = f"Of {plural(total.accounts, 'limit')}, {count(raised)} rise and {count(lowered)} fall."
    if change == 0:
        return f"{moved} Together they stay at {large_yuan(total.after_minor)}."
    direction = "grow" if change > 0 else "shrink"
    share = f" ({percent(abs(change) / total.before_minor)})" if total.before_minor else ""
    return f"{moved} Together they {direction} by {large_yuan(abs(change))}{share}."


def standing(report: CycleReport) -> str:
    """Which model stands behind the decisions, and what the gate said of the latest one."""
    gate, decisions = report.gate, report.decisions
    if decisions is None:
        return f"{_judged(gate)}." if gate else "No model has gone through the gate yet."
    if gate is None:
        return f"Decided by version {decisions.model_version}, under an earlier certificate."
    if gate.version == decisions.model_version:
        return f"Decided by {_judged(gate, 'which ')}."
    return (
        f"Decided by version {decisions.model_version}, under an earlier certificate. "
        f"Judged since: {_judged(gate)}."
    )


def gate_sentence(gate: GateVerdict) -> str:
    """The verdict in a sentence, with what follows from it."""
    follows = (
        "It may drive limit decisions."
        if gate.cleared
        else "It decides nothing, and the champion before it stays."
    )
    return f"{_judged(gate)} under thresholds {gate.thresholds_version}. {follows}"


def batch_sentence(batch: BatchQuality) -> str:
    """What became of a batch's rows."""
    met = f"{count(len(batch.failed))} not met" if batch.failed else "all met"
    checks = f" {plural(batch.expectations, 'expectation')}, {met}." if batch.expectations else ""
    return (
        f"{plural(batch.rows_read, 'source line')} read: {count(batch.rows_accepted)} accepted, "
        f"{count(batch.rows_quarantined)} in quarantine.{checks}"
    )


def comparison_sentence(models: ModelComparison) -> str:
    """Which rows the figures rest on."""
    return (
        f"{models.model_name} version {models.challenger} was trained on "
        f"{plural(models.rows_train, 'row')} and measured on {count(models.rows_test)} others; "
        f"{percent(models.default_rate)} of all labelled rows defaulted. Bounds are 95% intervals."
    )


def allocation_sentence(allocation: Allocation) -> str:
    """How good the allocation is, and which caps bind."""
    binding = [words(cap.name).lower() for cap in allocation.caps if cap.price > 0]
    binding += [words(row.name).lower() for row in allocation.ratios if row.price > 0]
    binds = (
        f"Binding: {', '.join(binding)}."
        if binding
        else "No cap binds: a higher one would have changed nothing."
    )
    return (
        f"Expected profit of the limits chosen: {large_yuan(allocation.value_minor)}. No choice "
        f"within the caps can earn more than {large_yuan(allocation.bound_minor)}: "
        f"{_small_share(allocation.gap)} is left unearned. {binds}"
    )


def drift_sentence(verdict: Drift) -> str:
    """What the watch saw."""
    seen = f"{plural(verdict.columns_watched, 'column')} watched on {plural(verdict.rows, 'row')}"
    moved = count(verdict.columns_moved) if verdict.columns_moved else "none"
    return f"{seen}; {moved} at the level of a notice or an alarm."


def first_misses_sentence(misses: FirstMisses) -> str:
    """How many fell behind of those who had been current a month before."""
    if misses.month_end is None:
        return f"First missed payments were not judged: {misses.finding}."
    seen = (
        f"{'Over two months, of' if misses.months > 1 else 'Of'} "
        f"{plural(misses.accounts, 'account')} that owed something and were current a month "
        f"before, {count(misses.past_due)} were past due by {day(misses.month_end)}"
    )
    if misses.share is None or misses.p_value is None:
        return f"{seen}. This was not judged: {misses.finding}."
    chance = f"{misses.p_value:.4f}" if misses.p_value >= 5e-5 else "less than 0.0001"
    return (
        f"{seen}: {percent(misses.share, 2)}, after {percent(misses.reference_share, 2)} in the "
        f"{misses.reference_months} months of reference. The chance of so many where nothing has "
        f"changed is {chance}."
    )


def _judged(gate: GateVerdict, which: str = "") -> str:
    comma = ", " if which else " "
    return (
        f"{gate.model_name} version {gate.version}{comma}{which}passed {gate.passed} of "
        f"{plural(len(gate.checks), 'check')}{_dispensed(gate)}"
    )


def _dispensed(gate: GateVerdict) -> str:
    names = [check.check.replace("_", " ") for check in gate.checks if check.dispensed]
    answered = [check.check.replace("_", " ") for check in gate.checks if check.overridden]
    said = f" and was dispensed with {' and '.join(names)}" if names else ""
    return said + (f"; people answer for {' and '.join(answered)}" if answered else "")


def _small_share(share: float) -> str:
    return f"at most {100 * share:.4f}%" if share >= 1e-6 else "less than 0.0001%"


def _minus(text: str) -> str:
    return text.replace("-", _MINUS)
