"""Draws the pictures of docs/explanation/rehearsal.md and writes the table of their figures.

    python -m docs.draw_rehearsal RESULT_JSON [RESULT_JSON ...]

Each RESULT_JSON is the ``result.json`` of a rehearsal, one a scenario. Everything that stands in
``docs/pictures`` as ``rehearsal-*.svg`` and in ``docs/explanation/rehearsal-figures.md`` comes from
here; the pictures and figures of one call replace those of the call before.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from markupsafe import Markup

from credit_limits.rehearsal.result import PolicyResult, RehearsalResult
from tidegate.adapters import rehearsal_actions as acted
from tidegate.adapters import rehearsal_comparisons as compared
from tidegate.adapters import rehearsal_plots as plots
from tidegate.adapters import rehearsal_wording as told
from tidegate.adapters import report_wording as wording
from tidegate.adapters.action_plots import ActedGroup, action_rows, of_all
from tidegate.adapters.html_page import stylesheet
from tidegate.adapters.report_plots import Plot

PICTURES = Path(__file__).parent / "pictures"
FIGURES = Path(__file__).parent / "explanation" / "rehearsal-figures.md"
_WIDTH, _MARGIN, _HEAD = 860, 18, 46
_ROOM_LEFT, _ROOM_RIGHT = 46, 166
_STYLE = Markup(
    "text { font-family: system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; }\n"
    ".headline { font-size: 15px; font-weight: 600; fill: var(--ink); }\n"
    ".ground { fill: var(--page); }\n"
)
_POLICY_COLUMNS = (
    *("policy", "profit", "over holding", "bad debt", "limits, mean"),
    *("defaults", "raised", "lowered"),
)
_SCORE_COLUMNS = ("score", "measured", "target", "met", "what was found")
_GROUP_COLUMNS = (
    *("group", "policy", "accounts", "mean limit, yuan", "bad debt, yuan"),
    *("defaults", "welfare for each account, yuan"),
)
_CAP_COLUMNS = ("cap", "tightest in", "used", "months binding", "months exceeded")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the rehearsals whose result files are named."""
    paths = [Path(argument) for argument in (sys.argv[1:] if arguments is None else arguments)]
    if not paths:
        sys.exit("name the result.json of a rehearsal: python -m docs.draw_rehearsal RESULT_JSON")
    for path in draw([read(path) for path in paths], PICTURES, FIGURES):
        print(f"wrote {path}")


def read(path: Path) -> RehearsalResult:
    """The result that a rehearsal left at ``path``; ``ValueError`` where it is not one."""
    return RehearsalResult.from_plain(json.loads(path.read_text(encoding="utf-8")))


def draw(results: Sequence[RehearsalResult], folder: Path, figures: Path) -> list[Path]:
    """Write the pictures of every result and the page of their figures.

    Pictures of earlier calls go. ``ValueError`` where two results are of one scenario.
    """
    if len({result.scenario for result in results}) != len(results):
        raise ValueError("two results are of the same scenario: their pictures would be the same")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("rehearsal-*.svg"):
        old.unlink()
    written = []
    for result in results:
        for name, plot in pictures(result).items():
            written.append(folder / f"rehearsal-{result.scenario}-{name}.svg")
            written[-1].write_text(picture(plot), encoding="utf-8")
    figures.write_text(figures_page(results) + "\n", encoding="utf-8")
    return [*written, figures]


def pictures(result: RehearsalResult) -> dict[str, Plot]:
    """The plots of a result that are drawn, by name."""
    drawn = {plot.measure: plot.plot for plot in plots.by_month(result)}
    if compared.beside_hold(result):
        drawn["gain"] = compared.profit_rows(result)
    if result.actions:
        drawn["actions"] = acted.by_month(result)
    if result.events:
        drawn["events"] = plots.time_line(result)
    return drawn


def picture(plot: Plot) -> str:
    """A plot as a file of its own, 860 pixels wide, light or dark as its reader's screen is."""
    height = float(plot.chart.split(' height="', 1)[1].split('"', 1)[0])
    ends = plot.chart.startswith('<svg class="chart ends"')
    left, right = (_ROOM_LEFT, _ROOM_RIGHT) if ends else (0, 0)
    place = Markup('x="{}" y="{}" width="{}"').format(
        _MARGIN + left, _HEAD, _WIDTH - 2 * _MARGIN - left - right
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" '
        'viewBox="0 0 {width} {height:g}">\n<style>\n{css}{style}</style>\n'
        '<rect class="ground" width="100%" height="100%"/>\n'
        '<text class="headline" x="{margin}" y="26">{title}</text>\n{chart}\n</svg>\n'
    ).format(
        width=_WIDTH,
        height=_HEAD + height + _MARGIN,
        css=stylesheet("charts"),
        style=_STYLE,
        margin=_MARGIN,
        title=plot.caption,
        chart=plot.chart.replace(Markup('width="100%"'), place, 1),
    )


def figures_page(results: Sequence[RehearsalResult]) -> str:
    """The figures of every result, as Markdown."""
    note = (
        "This page is made by `python -m docs.draw_rehearsal RESULT_JSON ...` from the results "
        "that the pictures of [rehearsal](rehearsal.md) are drawn from. Amounts are in thousand "
        "yuan where nothing else is said; in brackets are 95 % intervals."
    )
    sections = ["# Figures of the rehearsals", note]
    for result in results:
        sections += _sections(result)
    return "\n\n".join(sections)


def _sections(result: RehearsalResult) -> list[str]:
    tables = (
        (_POLICY_COLUMNS, map(_policy_row, result.policies)),
        (_SCORE_COLUMNS, _score_rows(result)),
        (_GROUP_COLUMNS, _group_rows(result)),
        (_CAP_COLUMNS, _cap_rows(result)),
    )
    groups = acted.by_grade(result)
    return [
        f"## {_cell(result.title)}",
        f"```sh\n{command(result)}\n```",
        " ".join(
            sentence(result)
            for sentence in (
                *(told.answer, told.certainty, told.bad_debt_sentence, told.caps_sentence),
                *(told.models_sentence, told.alarm_sentence),
            )
        ),
        *(_grid(columns, held) for columns, rows in tables if (held := list(rows))),
        *([acted.sentence(result), _actions(groups)] if groups else []),
    ]


def command(result: RehearsalResult) -> str:
    """The command that lives this rehearsal again, but for its policy file and its faults."""
    seeds = f" --seeds {len(result.seeds)}" if len(result.seeds) > 1 else ""
    return (
        f"tidegate rehearse --scenario {result.scenario} --months {result.months} "
        f"--customers {result.customers} --seed {min(result.seeds)}{seeds} "
        f"--history-months {result.history_months}"
    )


def _policy_row(policy: PolicyResult) -> tuple[str, ...]:
    return (
        policy.title,
        f"{told.thousands(policy.profit.value)} ({told.spread_thousands(policy.profit)})",
        f"{told.signed_thousands(policy.profit_over_hold.value)} "
        f"({told.spread_thousands(policy.profit_over_hold)})",
        f"{told.thousands(policy.bad_debt.value)} ({told.spread_thousands(policy.bad_debt)})",
        told.thousands(policy.limit.value),
        f"{wording.percent(policy.default_rate.value, 2)} "
        f"({told.spread_percent(policy.default_rate)})",
        wording.count(sum(month.increases for month in policy.months)),
        wording.count(sum(month.decreases for month in policy.months)),
    )


def _score_rows(result: RehearsalResult) -> Iterable[tuple[str, ...]]:
    met = {True: "yes", False: "**no**", None: "not judged"}
    for score in result.scores:
        measured = f"{told.score_value(score)} {told.score_unit(score)}".strip()
        yield wording.words(score.name), measured, score.target, met[score.passed], score.text


def _group_rows(result: RehearsalResult) -> Iterable[tuple[str, ...]]:
    for plot in compared.groups(result):
        for name, figures in plot.rows:
            for policy, group in figures:
                yield (
                    f"{plot.name}: {wording.words(name)}",
                    policy,
                    wording.count(group.accounts),
                    wording.yuan(group.mean_limit_minor),
                    wording.yuan(group.bad_debt_minor),
                    wording.percent(group.default_rate, 2),
                    wording.yuan(compared.welfare_each(group)),
                )


def _cap_rows(result: RehearsalResult) -> Iterable[tuple[str, ...]]:
    for cap in plots.cap_rows(result):
        yield (
            wording.words(cap.name),
            told.month(cap.tightest.month_end),
            wording.percent(told.used(cap.tightest), 2),
            wording.count(cap.binding),
            wording.count(cap.exceeded),
        )


def _actions(groups: tuple[ActedGroup, ...]) -> str:
    """Every action by grade: its share of the decisions about the grade, and their number."""
    header = ("action", *(group.name for group in groups), "all")
    rows = [
        (row.name, *(f"{share} ({wording.count(count)})" for share, count in row.cells))
        for row in action_rows(groups)
    ]
    decided = (*(group.decided for group in groups), of_all(groups).decided)
    return _grid(header, [*rows, ("Decisions", *map(wording.count, decided))])


def _grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_cell, cells)) + " |" for cells in lines)


def _cell(text: str) -> str:
    """Text that breaks neither a table nor the page."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    main()
