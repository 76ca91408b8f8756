"""How the rehearsal's page words what happened. Every function returns plain text."""

from collections.abc import Iterable
from datetime import date

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.rehearsal.result import (
    CapUse,
    EventKind,
    PolicyResult,
    RehearsalResult,
    Score,
    Spread,
)
from credit_limits.rehearsal.rivals import HOLD, RULE_OF_THUMB
from credit_limits.rehearsal.scores import PLATFORM
from tidegate.adapters import report_wording as wording
from tidegate.adapters.report_plots import used_share

EVENT_NAMES = {
    EventKind.SHOCK: "Shock",
    EventKind.LAUNCH: "Launch step",
    EventKind.PROMOTION: "Promoted",
    EventKind.REFUSAL: "Refused",
    EventKind.NOTICE: "Notice",
    EventKind.ALARM: "Alarm",
    EventKind.BRAKE_ON: "Brake on",
    EventKind.BRAKE_OFF: "Brake off",
    EventKind.RETRAINING: "Retrained",
    EventKind.BATCH_REFUSED: "Batch refused",
    EventKind.QUARANTINE: "Quarantine",
    EventKind.FAULT: "Fault",
}
GROUPING_NAMES = {"segment": "Segment", "product": "Product", "income": "Income"}
WORSE_MODELS = "worse_models"
_BELOW_NOTICE = 0.005


def month(value: date) -> str:
    """A month for the axis of a plot.

    >>> month(date(2024, 3, 31))
    'Mar 2024'
    """
    return f"{value:%b %Y}"


def axis_yuan(amount_minor: float) -> str:
    """An amount for the scale of a plot, in yuan.

    >>> axis_yuan(2_500_000_00), axis_yuan(-40_000_00), axis_yuan(0)
    ('2.5 m', '−40k', '0')
    """
    amount = amount_minor / MINOR_PER_YUAN
    for unit, name in ((1e6, " m"), (1e3, "k")):
        if abs(amount) >= unit:
            return f"{amount / unit:,.6g}{name}".replace("-", "\N{MINUS SIGN}")
    return f"{amount:g}".replace("-", "\N{MINUS SIGN}")


def axis_share(share: float) -> str:
    """A share for the scale of a plot.

    >>> axis_share(0.025)
    '2.5%'
    """
    return f"{100 * share:.4g}%"


def found(result: RehearsalResult, name: str) -> PolicyResult | None:
    """The policy of that name, where it was rehearsed."""
    return next((policy for policy in result.policies if policy.name == name), None)


def event_name(kind: EventKind) -> str:
    """What kind of event it was."""
    return EVENT_NAMES[kind]


def answer(result: RehearsalResult) -> str:
    """The first sentence of the page: did the platform earn more than the others?"""
    platform = found(result, PLATFORM)
    if platform is None or not platform.months:
        return "The platform was not rehearsed."
    lived = f"Over {wording.plural(len(platform.months), 'month')} the platform earned"
    compared = [
        _compared(platform.profit.value - other.profit.value, text)
        for rival, text in ((HOLD, "holding every limit"), (RULE_OF_THUMB, "the rule of thumb"))
        if (other := found(result, rival.name))
    ]
    if not compared:
        return f"{lived} {wording.large_yuan(platform.profit.value)}."
    return f"{lived} {' and '.join(compared)}."


def certainty(result: RehearsalResult) -> str:
    """How sure the profit over holding is."""
    platform = found(result, PLATFORM)
    if platform is None or found(result, HOLD.name) is None or not platform.months:
        return ""
    over = platform.profit_over_hold
    whence = "seeds" if len(result.seeds) > 1 else "customers"
    bounds = f"{wording.large_yuan(over.low)} to {wording.large_yuan(over.high)}"
    doubt = ", so it may be nothing" if over.low <= 0 <= over.high else ""
    return f"Against holding, the 95% interval across {whence} is {bounds}{doubt}."


def bad_debt_sentence(result: RehearsalResult) -> str:
    """What the platform wrote off, against the others."""
    platform = found(result, PLATFORM)
    if platform is None or not platform.months:
        return ""
    against = [
        _relative(platform.bad_debt.value, other.bad_debt.value, text)
        for rival, text in ((RULE_OF_THUMB, "the rule of thumb"), (HOLD, "holding"))
        if (other := found(result, rival.name))
    ]
    told = f", {' and '.join(against)}" if against else ""
    return f"Its bad debt was {wording.large_yuan(platform.bad_debt.value)}{told}."


def caps_sentence(result: RehearsalResult) -> str:
    """Whether a portfolio cap was exceeded, which, and by how much at worst."""
    if not result.cap_use:
        return "No use of a portfolio cap was recorded."
    over = [use for use in result.cap_use if use.exceeded]
    if not over:
        return "No portfolio cap was exceeded."
    worst = max(over, key=used)
    months = len({use.month_end for use in over})
    return (
        f"A portfolio cap was exceeded in {wording.plural(months, 'month')}; at worst "
        f"{wording.words(worst.name).lower()} in {month(worst.month_end)}, by "
        f"{wording.percent(used(worst) - 1, 2)}."
    )


def models_sentence(result: RehearsalResult) -> str:
    """Models promoted and refused, and whether a worse one was promoted."""
    promotions = wording.plural(count_of(result, EventKind.PROMOTION), "promotion")
    refusals = wording.plural(count_of(result, EventKind.REFUSAL), "refusal")
    judged = next((score.text for score in result.scores if score.name == WORSE_MODELS), "")
    return f"{promotions}, {refusals}. {judged}".strip()


def alarm_sentence(result: RehearsalResult) -> str:
    """When the first alarm came, from the shock on where there was one."""
    alarms = [event.month_end for event in result.events if event.kind is EventKind.ALARM]
    if result.shock_month_end is None:
        count = wording.plural(len(alarms), "alarm") if alarms else "No alarm"
        return f"{count}, and no shock to find."
    later = [alarm for alarm in alarms if alarm >= result.shock_month_end]
    early = len(alarms) - len(later)
    before = f" {wording.plural(early, 'alarm')} came before it." if early else ""
    if not later:
        return f"No alarm followed the shock.{before}"
    months = _months_between(result.shock_month_end, min(later))
    when = f"{wording.plural(months, 'month')} after" if months else "in the month of"
    return f"The first alarm came {when} the shock.{before}"


def missed(result: RehearsalResult) -> tuple[Score, ...]:
    """The scores whose target was not met."""
    return tuple(score for score in result.scores if score.passed is False)


def scored(result: RehearsalResult) -> str:
    """How many targets were met, for a badge."""
    judged = [score for score in result.scores if score.passed is not None]
    if not judged:
        return "not scored"
    met = sum(score.passed is True for score in judged)
    return f"{met} of {wording.plural(len(judged), 'target')} met"


def score_value(score: Score) -> str:
    """What was measured; its unit is in :func:`score_unit`."""
    if score.value is None:
        return "not measured"
    if score.unit.startswith("share"):
        return wording.percent(score.value)
    if score.unit == "yuan":
        return wording.count(round(score.value))
    return wording.measure(score.value)


def score_unit(score: Score) -> str:
    """The unit of what was measured."""
    return "" if score.value is None else score.unit.removeprefix("share").strip()


def headline_yuan(amount_minor: float) -> str:
    """An amount for a headline figure: in millions from a million yuan on.

    >>> headline_yuan(412_528_00), headline_yuan(14_346_956_00)
    ('412,528', '14.3 m')
    """
    if abs(amount_minor) < 1_000_000 * MINOR_PER_YUAN:
        return wording.yuan(amount_minor)
    return wording.short_yuan(amount_minor)


def thousands(amount_minor: float) -> str:
    """Minor units as whole thousands of yuan.

    >>> thousands(12_345_678_00)
    '12,346'
    """
    return wording.yuan(amount_minor / 1000)


def signed_thousands(amount_minor: float) -> str:
    """Minor units as whole thousands of yuan, with the sign."""
    return wording.signed_yuan(amount_minor / 1000)


def spread_thousands(spread: Spread) -> str:
    """The bounds of an amount, in thousands of yuan."""
    return f"{thousands(spread.low)} to {thousands(spread.high)}"


def spread_percent(spread: Spread) -> str:
    """The bounds of a share."""
    return f"{wording.percent(spread.low, 2)} to {wording.percent(spread.high, 2)}"


def count_of(result: RehearsalResult, *kinds: EventKind) -> int:
    """How many events of those kinds there were."""
    return sum(event.kind in kinds for event in result.events)


def used(use: CapUse) -> float:
    """Used over allowed."""
    return used_share(use.used, use.cap)


def cap_note(uses: Iterable[CapUse]) -> str:
    """How much of a cap was used at most, and in how many months it bound."""
    uses = list(uses)
    tightest = max(uses, key=used)
    binding = sum(use.price > 0 for use in uses)
    bound = f", binds in {binding}" if binding else ""
    return f"{wording.percent(used(tightest), 2)}{bound}"


def _compared(more: float, text: str) -> str:
    if round(more / MINOR_PER_YUAN) == 0:
        return f"as much as {text}"
    return f"{wording.large_yuan(abs(more))} {'more' if more > 0 else 'less'} than {text}"


def _relative(value: float, other: float, text: str) -> str:
    """How much more or less was written off than under another policy."""
    if other == 0:
        return f"none under {text}"
    share = value / other - 1
    if abs(share) < _BELOW_NOTICE:
        return f"about as much as under {text}"
    return f"{wording.percent(abs(share))} {'more' if share > 0 else 'less'} than under {text}"


def _months_between(start: date, end: date) -> int:
    return 12 * (end.year - start.year) + end.month - start.month
