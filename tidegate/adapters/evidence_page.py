"""The page of an evidence pack: one HTML file that needs nothing else, for who must sign.

The same pack gives the same bytes.
"""

from collections.abc import Iterator

from tidegate.adapters import evidence_wording as own
from tidegate.adapters import report_wording as wording
from tidegate.adapters.evidence_pack import EvidencePack, ScoreBand
from tidegate.adapters.html_page import Fact, filled, stylesheet
from tidegate.adapters.markdown_blocks import Block, blocks
from tidegate.adapters.report_plots import Plot, comparison
from tidegate.adapters.svg_canvas import Caption
from tidegate.adapters.svg_charts import legend, paired_columns

_SECTIONS = (
    ("weigh", "What to weigh"),
    ("checks", "Check by check"),
    ("models", "Beside the champion"),
    ("scores", "Scores"),
    ("fairness", "Fairness"),
    ("data", "Data"),
    ("card", "Model card"),
    ("people", "Who did what"),
    ("lineage", "Lineage"),
    ("verify", "How to verify"),
)
_FILTERS = (
    *("count", "yuan", "percent", "measure", "asked", "figure", "signed_figure", "figure_name"),
    *("bounds", "day", "instant", "comparison_sentence"),
)
_OWN_FILTERS = ("interval", "judged_end", "judged_name", "words")
_TONES = {"passed": "good", "refused": "bad"}


def render(pack: EvidencePack) -> bytes:
    """The page as UTF-8 HTML."""
    return filled(
        "evidence.html.j2",
        {
            **{name: getattr(wording, name) for name in _FILTERS},
            **{name: getattr(own, name) for name in _OWN_FILTERS},
        },
        pack=pack,
        css=stylesheet("charts", "page", "evidence"),
        sections=_SECTIONS,
        tones=_TONES,
        facts=list(_facts(pack)),
        figures=comparison(pack.comparison) if pack.comparison else None,
        calibration=_calibration(pack.calibration) if pack.calibration else None,
        scores=_scores(pack.scores) if pack.scores else None,
        card=_card(pack),
    )


def _facts(pack: EvidencePack) -> Iterator[Fact]:
    yield Fact("Checks passed", f"{pack.passed} of {len(pack.checks)}", _others(pack))
    rows = {row.figure: row for check in pack.checks for row in check.bounds}
    if auc := rows.get("auc_low"):
        yield Fact("AUC", wording.measure(auc.measured), own.interval(auc))
    if ratio := rows.get("predicted_over_observed"):
        yield Fact("Predicted over observed", wording.measure(ratio.measured), "best at 1")
    customers = sum(group.customers for group in pack.groups[:1])
    if pack.data:
        seen = sum(item.rows for item in pack.data.tables)
        yield Fact("Rows of data", wording.count(seen), f"in {len(pack.data.tables)} tables")
    elif customers:
        yield Fact("Groups compared", str(len(pack.groups)), "of protected attributes")


def _others(pack: EvidencePack) -> str:
    found = [check.verdict for check in pack.checks if check.verdict != "passed"]
    counted = [f"{found.count(word)} {word}" for word in dict.fromkeys(found)]
    return ", ".join(counted) or "all of them"


def _calibration(bands: tuple[ScoreBand, ...]) -> Plot:
    caption = Caption(
        "calibration-plot",
        "Predicted and observed defaults",
        "For each tenth of the test rows by score, the share predicted to default and the share "
        "that did; the table beside it has the figures.",
    )
    chart = paired_columns(
        caption,
        own.band_edges(bands),
        [band.predicted for band in bands],
        [band.observed for band in bands],
        highest=max(max(band.predicted, band.observed) for band in bands),
    )
    colours = legend([("before", "Predicted"), ("after", "Observed")])
    return Plot("Predicted and observed defaults, by tenth of the score", colours, chart)


def _scores(bands: tuple[ScoreBand, ...]) -> Plot:
    caption = Caption(
        "scores-plot",
        "Scores of those who defaulted and of the rest",
        "Of the test rows that defaulted and of those that did not, the share in each band of "
        "predicted probability.",
    )
    defaults = max(sum(band.defaults for band in bands), 1)
    good = max(sum(band.rows - band.defaults for band in bands), 1)
    before = [(band.rows - band.defaults) / good for band in bands]
    after = [band.defaults / defaults for band in bands]
    chart = paired_columns(
        caption, own.band_edges(bands), before, after, highest=max(*before, *after)
    )
    colours = legend([("before", "Did not default"), ("after", "Defaulted")])
    return Plot("Where the scores lie, by predicted probability", colours, chart)


def _card(pack: EvidencePack) -> list[Block]:
    """The model card without its title, which the page has."""
    found = blocks(pack.card)
    return found[1:] if found and found[0].kind == "heading" else found
