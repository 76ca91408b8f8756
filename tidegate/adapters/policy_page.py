"""The page of a simulated policy: what it would do beside the policy in force.

One HTML file that needs nothing else, in the style of the cycle's page; the same simulation gives
the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from credit_limits.decision_changes import Change, Comparison, ScenarioChange
from credit_limits.domain.decision import Action
from tidegate.adapters import report_wording as wording
from tidegate.adapters.html_page import Fact, filled, stylesheet
from tidegate.adapters.report_plots import Plot, used_share
from tidegate.adapters.svg_canvas import Caption
from tidegate.adapters.svg_charts import LevelBar, StackedBar, legend, level_bars, stacked_bars

_SECTIONS = (
    ("figures", "Figures"),
    ("swaps", "Swap set"),
    ("groups", "Who moves"),
    ("uses", "Sub-limits"),
    ("caps", "Portfolio caps"),
    ("welfare", "Welfare"),
)
_FILTERS = (
    *("count", "signed", "yuan", "signed_yuan", "percent", "price", "day", "words"),
    *("cap_amount", "cap_price", "exact_yuan"),
)
_MOVES = (("decrease", "Lower limit"), ("hold", "Same limit"), ("increase", "Higher limit"))


@dataclass(frozen=True, slots=True)
class CapSides:
    """A cap under the policy in force and the new one; ``None`` where a policy has no such cap.

    Each side is allowed, used, slack and shadow price, in the unit of ``measure``.
    """

    name: str
    now: tuple[float, float, float, float] | None
    new: tuple[float, float, float, float] | None
    measure: str = "exposure"


@dataclass(frozen=True, slots=True)
class RatioSides:
    """A ratio row under both policies; ``None`` where a policy has no such row.

    Each side is the average of the group and of the reference, in minor units an account, the
    least ratio of the two, and the shadow price.
    """

    name: str
    now: tuple[float, float, float, float] | None
    new: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class Welfare:
    """Shares of the added limit that go to revolvers and to persistent debt; 0 of nothing."""

    added_minor: int
    revolver_share: float
    persistent_debt_share: float


@dataclass(frozen=True, slots=True)
class PolicySimulation:
    """What the page tells.

    ``gaps`` are those of the two allocations, in force and new; so are ``responses``: in words, how
    balance and default were taken to answer to the limit.
    """

    as_of: date
    model_version: str
    policy_now: str
    policy_new: str
    policy_new_digest: str
    compared: Comparison
    caps: tuple[CapSides, ...]
    welfare_now: Welfare
    welfare_new: Welfare
    gaps: tuple[float, float]
    responses: tuple[str, str]
    ratios: tuple[RatioSides, ...] = ()


@dataclass(frozen=True, slots=True)
class _FigureLine:
    name: str
    now: float
    new: float


def render(simulation: PolicySimulation) -> bytes:
    """The page as UTF-8 HTML."""
    total = simulation.compared.total
    return filled(
        "policy.html.j2",
        {name: getattr(wording, name) for name in _FILTERS},
        report=simulation,
        css=stylesheet("charts", "page"),
        sections=_SECTIONS,
        facts=_facts(total),
        figures=_figures(total),
        actions_plot=_actions(simulation.compared),
        action_names=wording.ACTION_NAMES,
        groups=[
            ("Grade of risk", simulation.compared.by_grade, _moves("grade", simulation.compared)),
            ("Segment", simulation.compared.by_segment, None),
            ("Product", simulation.compared.by_product, None),
        ],
        uses_plot=_uses(simulation.compared),
        caps_plot=_caps(simulation.caps),
    )


def _facts(total: Change) -> list[Fact]:
    before, after = total.before, total.after
    moved = f"{wording.percent(total.moved / max(before.accounts, 1))} of accounts"

    def change(name: str, now: float, new: float) -> Fact:
        return Fact(name, f"{wording.signed_yuan(new - now)}", f"to {wording.short_yuan(new)} yuan")

    return [
        Fact("Decided otherwise", wording.count(total.moved), moved),
        Fact("Raises", wording.count(after.raised), f"{wording.count(before.raised)} now"),
        change("Expected profit", before.expected_profit_minor, after.expected_profit_minor),
        change("Expected loss", before.expected_loss_minor, after.expected_loss_minor),
        change("Exposure", before.exposure_minor, after.exposure_minor),
    ]


def _figures(total: Change) -> list[_FigureLine]:
    names = {
        "expected_profit_minor": "Expected profit, a year",
        "expected_loss_minor": "Expected loss, a year",
        "provision_minor": "Provision",
        "exposure_minor": "Exposure at default",
        "limit_minor": "Limits",
        "added_minor": "Added by raises",
    }
    return [
        _FigureLine(label, getattr(total.before, name), getattr(total.after, name))
        for name, label in names.items()
    ]


def _actions(compared: Comparison) -> Plot:
    bars = []
    for label, side in (("Policy in force", "before"), ("New policy", "after")):
        parts = [
            float(sum(swap.accounts for swap in compared.swaps if getattr(swap, side) is action))
            for action in Action
        ]
        bars.append(StackedBar(label, wording.plural(int(sum(parts)), "account"), tuple(parts)))
    title = "Decisions under each policy"
    told = "One bar for each policy, cut by action; the table below has who moves where."
    chart = stacked_bars(Caption("actions-plot", title, told), bars, tuple(Action))
    colours = legend([(action, wording.ACTION_NAMES[action]) for action in Action])
    return Plot(title, colours, chart)


def _moves(name: str, compared: Comparison) -> Plot:
    bars = [_moved(row.name, row.before.accounts, row) for row in compared.by_grade]
    title = "Limits under the new policy against those under the policy in force"
    told = f"One bar for each {name}: limits lower, the same, higher; the table has the numbers."
    chart = stacked_bars(Caption(f"{name}-plot", title, told), bars, [css for css, _ in _MOVES])
    return Plot(title, legend(_MOVES), chart)


def _uses(compared: Comparison) -> Plot:
    bars = [_moved(row.scenario, row.accounts, row) for row in compared.by_scenario]
    title = "Sub-limits under the new policy against those under the policy in force"
    told = "One bar for each use: sub-limits lower, the same, higher; the table has the numbers."
    chart = stacked_bars(Caption("use-plot", title, told), bars, [css for css, _ in _MOVES])
    names = ("Lower sub-limit", "Same sub-limit", "Higher sub-limit")
    colours = [(css, name) for (css, _), name in zip(_MOVES, names, strict=True)]
    return Plot(title, legend(colours), chart)


def _moved(name: str, accounts: int, row: Change | ScenarioChange) -> StackedBar:
    """The shares of accounts whose amount is lower, the same, higher."""
    note = (
        f"{wording.count(row.lower)} lower, {wording.count(row.higher)} higher of "
        f"{wording.count(accounts)}"
    )
    parts = (row.lower, accounts - row.lower - row.higher, row.higher)
    return StackedBar(wording.words(name), note, tuple(map(float, parts)))


def _caps(caps: Sequence[CapSides]) -> Plot:
    bars = []
    for cap in caps:
        for side, css, label in ((cap.now, "before", "in force"), (cap.new, "use", "new")):
            if side is not None:
                share = used_share(side[1], side[0])
                note = f"{wording.percent(share, 2)} used"
                bars.append(LevelBar(f"{wording.words(cap.name)}, {label}", note, share, css))
    title = "Share of each cap that is used"
    told = "; ".join(f"{bar.label}: {bar.note}" for bar in bars)
    colours = legend([("before", "Policy in force"), ("use", "New policy")])
    return Plot(title, colours, level_bars(Caption("caps-plot", title, told), bars))
