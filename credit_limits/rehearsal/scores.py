"""How the platform did in a rehearsal: figures with targets, each told in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.rehearsal.judging import WORSE_MARGIN, ModelTrial
from credit_limits.rehearsal.result import CapUse, Event, EventKind, PolicyResult, Score
from credit_limits.rehearsal.rivals import HOLD, ORACLE, RULE_OF_THUMB

PLATFORM = "platform"
ALARM_WITHIN_MONTHS = 2
FALSE_ALARMS_A_YEAR = 1.0


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the scores are made from.

    ``month_ends`` are those of the months lived under the platform, in order, and ``increases``
    the limits that it raised in each of them; ``shock_month_end`` is None where nothing departs
    from calm. ``alarm_due`` says whether the scenario is one that asks for an alarm (a boom does
    not). Of several worlds ``policies`` are the mean; everything else is of one.
    """

    month_ends: tuple[date, ...]
    shock_month_end: date | None
    alarm_due: bool
    events: tuple[Event, ...]
    policies: tuple[PolicyResult, ...]
    cap_use: tuple[CapUse, ...]
    trials: tuple[ModelTrial, ...]
    increases: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.month_ends:
            raise ValueError("a rehearsal of no month has no scores")
        if len(self.increases) != len(self.month_ends):
            raise ValueError(f"{len(self.increases)} months of increases, not as many as lived")
        if self.alarm_due and self.shock_month_end is None:
            raise ValueError("an alarm is due only after a shock")

    def policy(self, name: str) -> PolicyResult | None:
        """The policy of that name, where it took part."""
        return next((policy for policy in self.policies if policy.name == name), None)


def scores(lived: Rehearsed) -> tuple[Score, ...]:
    """Every score, in the order in which people ask for them."""
    return (
        first_alarm(lived),
        false_alarms(lived),
        increases_under_brake(lived),
        worse_models(lived.trials),
        caps_exceeded(lived.cap_use),
        profit_over(lived, HOLD.name, "hold"),
        profit_over(lived, RULE_OF_THUMB.name, "the rule of thumb"),
        bad_debt_over_rule(lived),
        regret(lived),
    )


def months_between(earlier: date, later: date) -> int:
    """Whole months from the month of one day to the month of another.

    >>> months_between(date(2024, 11, 30), date(2025, 1, 31))
    2
    """
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def first_alarm(lived: Rehearsed) -> Score:
    """Months from the shock to the first alarm, 0 where it came in the month of the shock."""
    target = f"at most {ALARM_WITHIN_MONTHS} months"
    shock = lived.shock_month_end
    if shock is None or not lived.alarm_due:
        text = "Nothing in this scenario asks for an alarm."
        return Score("first_alarm", None, "months", target, None, text)
    waited = [months_between(shock, day) for day in _alarms(lived) if day >= shock]
    if not waited:
        waiting = months_between(shock, lived.month_ends[-1])
        text = f"No alarm in the {_count(waiting, 'month')} after the shock."
        return Score("first_alarm", None, "months", target, False, text)
    passed = waited[0] <= ALARM_WITHIN_MONTHS
    late = "" if passed else f", {_count(waited[0] - ALARM_WITHIN_MONTHS, 'month')} late"
    when = f"{_count(waited[0], 'month')} after" if waited[0] else "in the month of"
    text = f"The first alarm came {when} the shock{late}."
    return Score("first_alarm", float(waited[0]), "months", target, passed, text)


def false_alarms(lived: Rehearsed) -> Score:
    """Alarms a year in months before the shock, or in all months where there is none."""
    target = f"at most {FALSE_ALARMS_A_YEAR:g} a year"
    shock = lived.shock_month_end
    calm = [day for day in lived.month_ends if shock is None or day < shock]
    if not calm:
        text = "No calm month was lived."
        return Score("false_alarms", None, "alarms a year", target, None, text)
    alarms = [day for day in _alarms(lived) if shock is None or day < shock]
    yearly = 12.0 * len(alarms) / len(calm)
    passed = yearly <= FALSE_ALARMS_A_YEAR
    over = "" if passed else f", {yearly - FALSE_ALARMS_A_YEAR:.1f} too many"
    text = (
        f"{_count(len(alarms), 'alarm')} in {_count(len(calm), 'calm month')}: "
        f"{yearly:.1f} a year{over}."
    )
    return Score("false_alarms", yearly, "alarms a year", target, passed, text)


def increases_under_brake(lived: Rehearsed) -> Score:
    """Raises in months that were decided while a brake was on."""
    target, unit = "none", "increases"
    braked = _braked_months(lived)
    if not braked:
        text = "No month was decided under a brake."
        return Score("increases_under_brake", None, unit, target, None, text)
    months = zip(lived.month_ends, lived.increases, strict=True)
    raised = sum(increases for day, increases in months if day in braked)
    text = f"{_count(raised, 'increase')} in {_count(len(braked), 'month')} decided under a brake."
    return Score("increases_under_brake", float(raised), unit, target, raised == 0, text)


def worse_models(trials: Sequence[ModelTrial]) -> Score:
    """Promotions after which the true loss was above the old champion's by more than the margin."""
    target, unit = "none", "models"
    if not trials:
        return Score("worse_models", None, unit, target, None, "No model was promoted.")
    worse = [trial for trial in trials if trial.worse]
    text = f"{len(worse)} of {_count(len(trials), 'promotion')} put a worse model in charge"
    if worse:
        most = max(worse, key=lambda trial: trial.worsened_by)
        text += (
            f"; version {most.new_version} has a true loss {most.worsened_by:.4f} above version "
            f"{most.old_version}, the margin is {WORSE_MARGIN:g}"
        )
    return Score("worse_models", float(len(worse)), unit, target, not worse, f"{text}.")


def caps_exceeded(cap_use: Sequence[CapUse]) -> Score:
    """Caps of a month's batch of which more was used than there is."""
    target, unit = "none", "caps"
    if not cap_use:
        text = "No batch was decided under caps."
        return Score("caps_exceeded", None, unit, target, None, text)
    over = [use for use in cap_use if use.exceeded]
    text = f"{len(over)} of {_count(len(cap_use), 'cap')} of the months' batches exceeded"
    if over:
        most = max(over, key=lambda use: use.used - use.cap)
        text += (
            f"; most {most.name} in {most.month_end:%Y-%m}, by {most.used - most.cap:,.2f} "
            f"over {most.cap:,.2f}"
        )
    return Score("caps_exceeded", float(len(over)), unit, target, not over, f"{text}.")


def profit_over(lived: Rehearsed, rival: str, called: str) -> Score:
    """Profit of the platform less the rival's, yuan."""
    name, target = f"profit_over_{rival}", "above 0"
    platform, other = lived.policy(PLATFORM), lived.policy(rival)
    if platform is None or other is None:
        return _not_lived(name, "yuan", target)
    ahead = (platform.profit.value - other.profit.value) / MINOR_PER_YUAN
    passed = ahead > 0
    text = f"The platform earned {_yuan(abs(ahead))} {'more' if passed else 'less'} than {called}."
    return Score(name, ahead, "yuan", target, passed, text)


def bad_debt_over_rule(lived: Rehearsed) -> Score:
    """Bad debt of the platform less that of the rule of thumb, yuan."""
    name, target = f"bad_debt_over_{RULE_OF_THUMB.name}", "at most 0"
    platform, rule = lived.policy(PLATFORM), lived.policy(RULE_OF_THUMB.name)
    if platform is None or rule is None:
        return _not_lived(name, "yuan", target)
    above = (platform.bad_debt.value - rule.bad_debt.value) / MINOR_PER_YUAN
    passed = above <= 0
    text = (
        f"The platform wrote off {_yuan(abs(above))} {'less' if passed else 'more'} than the rule "
        f"of thumb."
    )
    return Score(name, above, "yuan", target, passed, text)


def regret(lived: Rehearsed) -> Score:
    """Share of the oracle's gain over hold that the platform left, 0 for none, 1 for all of it."""
    target, unit = "as small as can be", "share of the oracle's gain over hold"
    platform, held, oracle = (lived.policy(n) for n in (PLATFORM, HOLD.name, ORACLE.name))
    if platform is None or held is None or oracle is None:
        return _not_lived("regret", unit, target)
    best = oracle.profit.value - held.profit.value
    left = oracle.profit.value - platform.profit.value
    if best <= 0:
        text = "The oracle earned no more than hold: there was nothing to gain."
        return Score("regret", None, unit, target, None, text)
    text = (
        f"Of the {_yuan(best / MINOR_PER_YUAN)} that the oracle earned over hold, the platform "
        f"left {_yuan(left / MINOR_PER_YUAN)}, {left / best:.0%}."
    )
    return Score("regret", left / best, unit, target, None, text)


def _not_lived(name: str, unit: str, target: str) -> Score:
    return Score(name, None, unit, target, None, "The policies to compare did not all take part.")


def _alarms(lived: Rehearsed) -> list[date]:
    """Month ends with an alarm, in order, each once."""
    return sorted({event.month_end for event in lived.events if event.kind is EventKind.ALARM})


def _braked_months(lived: Rehearsed) -> set[date]:
    """Months lived under decisions that were taken while a brake was on.

    A brake of a month's end holds the decisions of that day, which are lived in the next month;
    a release of that day comes before them.
    """
    switches = [
        (event.month_end, event.kind is EventKind.BRAKE_ON)
        for event in lived.events
        if event.kind in (EventKind.BRAKE_ON, EventKind.BRAKE_OFF)
    ]
    braked = set()
    for month in lived.month_ends:
        earlier = [switch for switch in switches if switch[0] < month]
        if earlier and max(earlier)[1]:
            braked.add(month)
    return braked


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _yuan(amount: float) -> str:
    return f"{amount:,.0f} yuan"
