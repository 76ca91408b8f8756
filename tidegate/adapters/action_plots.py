"""What is done to accounts of each grade of risk: a plot for each action, and the table of all.

An account counts under each action that is done to it; the limit's own, of which it has one, add up
to its decisions. All actions are shown, in the order of the machine, also those that did not occur.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from credit_limits.domain.decision import Action
from tidegate.adapters import report_wording as wording
from tidegate.adapters.cycle_report_decisions import Decisions
from tidegate.adapters.report_plots import Plot
from tidegate.adapters.svg_canvas import Caption
from tidegate.adapters.svg_charts import LevelBar, short_bars

_COLOURS = {Action.INCREASE: "increase", Action.DECREASE: "decrease", Action.HOLD: "hold"}


@dataclass(frozen=True, slots=True)
class ActedGroup:
    """Decisions of a grade: how many, and how many had each action, in the order of the machine."""

    name: str
    decided: int
    done: tuple[int, ...]

    def share(self, action: Action) -> float:
        """Share of the decisions that had the action; 0 of none."""
        return self.done[tuple(Action).index(action)] / self.decided if self.decided else 0.0


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action over the grades, and over all of them at the end: share in words, and count."""

    name: str
    cells: tuple[tuple[str, int], ...]


def by_grade(decisions: Decisions) -> tuple[ActedGroup, ...]:
    """The decisions of a cycle about each grade."""
    return tuple(
        ActedGroup(group.name, group.accounts, tuple(map(group.done, Action)))
        for group in decisions.by_grade
    )


def of_all(groups: Sequence[ActedGroup]) -> ActedGroup:
    """The groups taken together."""
    done = tuple(sum(group.done[place] for group in groups) for place in range(len(Action)))
    return ActedGroup("All", sum(group.decided for group in groups), done)


def action_panels(groups: Sequence[ActedGroup]) -> tuple[Plot, ...]:
    """A plot for each action: its share of the decisions of each grade, on a scale of its own."""
    return tuple(_panel(action, groups) for action in Action)


def action_rows(groups: Sequence[ActedGroup]) -> tuple[ActionRow, ...]:
    """A row for each action."""
    columns = (*groups, of_all(groups))
    return tuple(
        ActionRow(
            wording.ACTION_NAMES[action],
            tuple((share_words(group.share(action)), group.done[place]) for group in columns),
        )
        for place, action in enumerate(Action)
    )


def increases_sentence(groups: Sequence[ActedGroup]) -> str:
    """Whether increases fall with risk: from each grade to the next, as a share of its decisions.

    Grades are given from the safest on; those without a decision say nothing.
    """
    decided = [group for group in groups if group.decided]
    if len(decided) < 2:
        return ""
    first, last = decided[0], decided[-1]
    rising = [
        f"{one.name} to {other.name}"
        for one, other in pairwise(decided)
        if other.share(Action.INCREASE) > one.share(Action.INCREASE)
    ]
    ends = (
        f"from {_told(first)} of the decisions about grade {first.name} to {_told(last)} of those "
        f"about grade {last.name}"
    )
    if rising:
        return f"Increases do not fall with risk throughout: {ends}, rising from " + (
            f"{' and from '.join(rising)}."
        )
    return f"Increases fall with risk: {ends}."


def occurrence_sentence(groups: Sequence[ActedGroup]) -> str:
    """Whether every action occurred, and which did not."""
    counts = of_all(groups).done
    absent = [
        wording.ACTION_NAMES[action].lower()
        for action, count in zip(Action, counts, strict=True)
        if not count
    ]
    if absent:
        return f"Did not occur: {', '.join(absent)}."
    return f"Each of the {len(Action)} actions occurred."


def share_words(share: float) -> str:
    """A share in percent, with digits enough to tell a small one from none.

    >>> share_words(0.164), share_words(0.0014), share_words(0.00001), share_words(0.0)
    ('16.4%', '0.14%', '<0.01%', '0')
    """
    if not share:
        return "0"
    if share < 0.0001:
        return "<0.01%"
    return wording.percent(share, 1 if share >= 0.01 else 2)


def _panel(action: Action, groups: Sequence[ActedGroup]) -> Plot:
    bars = [
        LevelBar(
            group.name,
            share_words(group.share(action)),
            group.share(action),
            _COLOURS.get(action, "use"),
        )
        for group in groups
    ]
    title = wording.ACTION_NAMES[action]
    told = "; ".join(f"grade {bar.label}: {bar.note}" for bar in bars)
    caption = Caption(f"action-{action}", title, f"Share of the decisions about each grade. {told}")
    return Plot(title, Markup(), short_bars(caption, bars))


def _told(group: ActedGroup) -> str:
    share = group.share(Action.INCREASE)
    return share_words(share) if share else "none"
