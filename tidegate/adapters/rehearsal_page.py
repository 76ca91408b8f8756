"""The rehearsal's page: one HTML file that needs nothing else, from a :class:`RehearsalResult`.

The same result gives the same bytes. Whatever comes from data is escaped, and the page's own
content policy forbids scripts and every request.
"""

from credit_limits.rehearsal.result import EventKind, RehearsalResult
from credit_limits.rehearsal.rivals import ORACLE
from credit_limits.rehearsal.scores import PLATFORM
from tidegate.adapters import action_plots
from tidegate.adapters import rehearsal_actions as acted
from tidegate.adapters import rehearsal_comparisons as compared
from tidegate.adapters import rehearsal_plots as plots
from tidegate.adapters import rehearsal_wording as told
from tidegate.adapters import report_wording as wording
from tidegate.adapters.html_page import Fact, filled, stylesheet

_SECTIONS = (
    ("policies", "Policies"),
    ("scores", "Scores"),
    ("months", "Months"),
    ("actions", "Actions by risk"),
    ("events", "Time line"),
    ("cohorts", "Defaults by cohort"),
    ("groups", "Limits and welfare"),
    ("caps", "Portfolio caps"),
    ("lineage", "Lineage"),
)
_FILTERS = (
    *("count", "yuan", "signed_yuan", "percent", "price", "day", "words", "plural"),
    *("cap_amount", "cap_price"),
)
_OWN_FILTERS = (
    *("answer", "certainty", "bad_debt_sentence", "caps_sentence", "models_sentence"),
    *("alarm_sentence", "missed", "scored", "score_value", "score_unit", "event_name", "month"),
    *("thousands", "signed_thousands", "spread_thousands", "spread_percent", "used"),
)
_TONES = {
    EventKind.SHOCK: "bad",
    EventKind.PROMOTION: "good",
    EventKind.REFUSAL: "bad",
    EventKind.NOTICE: "warn",
    EventKind.ALARM: "bad",
    EventKind.BRAKE_ON: "warn",
    EventKind.BATCH_REFUSED: "bad",
    EventKind.QUARANTINE: "warn",
}


def render(result: RehearsalResult) -> bytes:
    """The page as UTF-8 HTML."""
    filters = {name: getattr(wording, name) for name in _FILTERS}
    return filled(
        "rehearsal.html.j2",
        filters | {name: getattr(told, name) for name in _OWN_FILTERS},
        result=result,
        css=stylesheet("charts", "page", "rehearsal"),
        sections=_SECTIONS,
        tone=_tone(result),
        tones=_TONES,
        facts=_facts(result),
        acted=acted,
        action_plots=action_plots,
        plots=plots,
        compared=compared,
    )


def _tone(result: RehearsalResult) -> str:
    if not any(score.passed is not None for score in result.scores):
        return ""
    return "bad" if told.missed(result) else "good"


def _facts(result: RehearsalResult) -> list[Fact]:
    facts = []
    if platform := told.found(result, PLATFORM):
        facts = [
            Fact("Profit", told.headline_yuan(platform.profit.value), "yuan, the platform"),
            Fact("Bad debt", told.headline_yuan(platform.bad_debt.value), "yuan written off"),
            Fact(
                "Defaults",
                wording.percent(platform.default_rate.value, 2),
                "of accounts under the platform",
            ),
        ]
    if regret := _kept_of_oracle(result):
        facts.append(Fact("Of the oracle's gain", regret, "over holding, earned"))
    refused = told.count_of(result, EventKind.REFUSAL)
    facts += [
        Fact(
            "Models promoted",
            wording.count(told.count_of(result, EventKind.PROMOTION)),
            wording.plural(refused, "refusal"),
        ),
        Fact(
            "Alarms",
            wording.count(told.count_of(result, EventKind.ALARM)),
            wording.plural(told.count_of(result, EventKind.NOTICE), "notice"),
        ),
        Fact(
            "Brakes",
            wording.count(told.count_of(result, EventKind.BRAKE_ON)),
            f"{wording.count(told.count_of(result, EventKind.BRAKE_OFF))} released",
        ),
    ]
    if result.cap_use:
        tightest = max(result.cap_use, key=told.used)
        share = wording.percent(told.used(tightest), 2)
        facts.append(Fact("Tightest cap", share, wording.words(tightest.name)))
    return facts


def _kept_of_oracle(result: RehearsalResult) -> str:
    """The share of the oracle's profit over holding that the platform earned too."""
    platform, oracle = told.found(result, PLATFORM), told.found(result, ORACLE.name)
    if platform is None or oracle is None or oracle.profit_over_hold.value <= 0:
        return ""
    return wording.percent(platform.profit_over_hold.value / oracle.profit_over_hold.value)
