"""The cycle's page: one HTML file that needs nothing else, rendered from a :class:`CycleReport`.

The same report gives the same bytes. Whatever comes from data is escaped, and the page's own
content policy forbids scripts and every request.
"""

from tidegate.adapters import action_plots
from tidegate.adapters import report_plots as plots
from tidegate.adapters import report_wording as wording
from tidegate.adapters.absent_actions import absent_actions
from tidegate.adapters.cycle_report import CycleReport, Standing
from tidegate.adapters.cycle_report_decisions import Decisions
from tidegate.adapters.html_page import Fact, filled, stylesheet
from tidegate.adapters.response_plot import response_plot
from tidegate.adapters.response_wording import response_sentence

_SECTIONS = (
    ("decisions", "Decisions"),
    ("reasons", "Reasons"),
    ("caps", "Portfolio caps"),
    ("portfolio", "Portfolio"),
    ("model", "Champion and challenger"),
    ("gate", "The gate"),
    ("drift", "Drift"),
    ("quality", "Data quality"),
    ("lineage", "Lineage"),
)
_FILTERS = (
    *("count", "signed", "yuan", "signed_yuan", "percent", "price", "psi", "measure", "asked"),
    *("figure", "signed_figure", "figure_name", "bounds", "day", "instant", "words"),
    *("answer", "standing", "gate_sentence", "batch_sentence", "comparison_sentence"),
    *("allocation_sentence", "drift_sentence", "first_misses_sentence", "informing"),
    *("cap_amount", "cap_price", "exact_yuan"),
)
_TONES = {Standing.CERTIFIED: "good", Standing.REFUSED: "bad", Standing.NOT_JUDGED: "warn"}


def render(report: CycleReport) -> bytes:
    """The page as UTF-8 HTML."""
    return filled(
        "cycle.html.j2",
        {name: getattr(wording, name) for name in _FILTERS}
        | {"response_sentence": response_sentence},
        report=report,
        css=stylesheet("charts", "page"),
        sections=_SECTIONS,
        tone=_TONES[report.standing],
        facts=_facts(report),
        absent_actions=absent_actions,
        action_plots=action_plots,
        plots=plots,
        response_plot=response_plot,
    )


def _facts(report: CycleReport) -> list[Fact]:
    facts = _decision_facts(report.decisions) if report.decisions else []
    if drift := report.drift:
        watched = f"{wording.plural(drift.columns_watched, 'column')} watched"
        facts.append(Fact("Drift", wording.words(drift.level), watched))
    if report.batches:
        read = sum(batch.rows_read for batch in report.batches)
        quarantined = sum(batch.rows_quarantined for batch in report.batches)
        facts.append(
            Fact(
                "In quarantine",
                wording.count(quarantined),
                f"of {wording.plural(read, 'source line')}",
            )
        )
    return facts


def _decision_facts(decisions: Decisions) -> list[Fact]:
    total = decisions.total
    facts = [
        Fact(
            name,
            wording.count(accounts),
            f"{wording.percent(accounts / max(total.accounts, 1))} of accounts",
        )
        for (_, name), accounts in zip(
            plots.told_actions(decisions), plots.told_counts(total, decisions), strict=True
        )
    ]
    change = wording.signed_yuan(total.after_minor - total.before_minor)
    facts.append(Fact("Limits after", wording.short_yuan(total.after_minor), f"{change} yuan"))
    caps = [cap for batch in decisions.batches for cap in batch.allocation.caps]
    if caps:
        share, name = max((plots.used_share(cap.used, cap.cap), cap.name) for cap in caps)
        facts.append(Fact("Tightest cap", wording.percent(share, 2), wording.words(name)))
    return facts
