"""What the rehearsal's page shows of actions: by grade over all months, and by month."""

from collections import defaultdict
from datetime import date

from markupsafe import Markup

from credit_limits.domain.decision import Action
from credit_limits.policy.risk_grades import Grade
from credit_limits.rehearsal.actions import GradeActions
from credit_limits.rehearsal.result import RehearsalResult
from tidegate.adapters import rehearsal_wording as told
from tidegate.adapters import report_wording as wording
from tidegate.adapters.action_plots import (
    ActedGroup,
    increases_sentence,
    occurrence_sentence,
    of_all,
    share_words,
)
from tidegate.adapters.month_charts import MonthCell, MonthLane, month_lanes
from tidegate.adapters.rehearsal_plots import axis_of, months_of
from tidegate.adapters.report_plots import Plot
from tidegate.adapters.svg_canvas import Caption

_NAMES = [wording.ACTION_NAMES[action] for action in Action]


def by_grade(result: RehearsalResult) -> tuple[ActedGroup, ...]:
    """The decisions about each grade over all months, from the safest on."""
    parts: dict[Grade, list[ActedGroup]] = {grade: [] for grade in Grade}
    for part in result.actions:
        parts[part.grade].append(_acted(part))
    return tuple(
        ActedGroup(str(grade), whole.decided, whole.done)
        for grade, groups in parts.items()
        if groups
        for whole in (of_all(groups),)
    )


def sentence(result: RehearsalResult) -> str:
    """Whether every action occurred, and whether increases fall with risk."""
    groups = by_grade(result)
    return f"{occurrence_sentence(groups)} {increases_sentence(groups)}".strip()


def by_month(result: RehearsalResult) -> Plot:
    """A lane for each action; a month is as high as its share of the month with the most."""
    months, acted = months_of(result), _by_month(result)
    lanes = []
    for action, name in zip(Action, _NAMES, strict=True):
        shares = {end: group.share(action) for end, group in acted.items()}
        most = max(shares.values(), default=0.0)
        cells = [
            MonthCell(months[end], "use", share / most) for end, share in shares.items() if share
        ]
        note = f"most: {share_words(most)}" if cells else "none"
        lanes.append(MonthLane(name, note, tuple(cells)))
    title = "Actions by month"
    text = "; ".join(f"{lane.label}: {lane.note}" for lane in lanes)
    caption = Caption("actions-plot", title, f"{text}. The table below it has the figures.")
    chart = month_lanes(caption, axis_of(months, result.shock_month_end), lanes)
    return Plot("Share of each month's decisions, a scale for each action", Markup(), chart)


def month_table(
    result: RehearsalResult,
) -> tuple[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]:
    """Names of the columns, and a row for each month: its decisions, and those of each action."""
    rows = [
        (told.month(end), tuple(map(wording.count, (group.decided, *group.done))))
        for end, group in _by_month(result).items()
    ]
    return ("Decisions", *_NAMES), rows


def _by_month(result: RehearsalResult) -> dict[date, ActedGroup]:
    parts: dict[date, list[ActedGroup]] = defaultdict(list)
    for part in result.actions:
        parts[part.month_end].append(_acted(part))
    return {end: of_all(groups) for end, groups in sorted(parts.items())}


def _acted(part: GradeActions) -> ActedGroup:
    counts = tuple(count.accounts for count in part.done)
    return ActedGroup(str(part.grade), part.accounts, counts)
