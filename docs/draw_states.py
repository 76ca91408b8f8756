"""Draws the state machine of an account and writes the tables of its page.

    python -m docs.draw_states

``docs/pictures/account-states.svg`` and what stands between the marks of
``docs/explanation/account-states.md`` come from here: from
:data:`credit_limits.policy.states.TRANSITIONS` and the limit policy that ships.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from markupsafe import Markup

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.explanation.sentences import reason_sentence
from credit_limits.explanation.state_exits import exit_condition
from credit_limits.policy.account_changes import STATE_CAUSES
from credit_limits.policy.limit_policy import LimitPolicy, parse_limit_policy
from credit_limits.policy.states import FREEZING_CAUSES, TRANSITIONS, Transition

_DOCS = Path(__file__).parent
PICTURE = _DOCS / "pictures" / "account-states.svg"
PAGE = _DOCS / "explanation" / "account-states.md"
_POLICY = _DOCS.parent / "policies" / "limits" / "2005-01-01.yaml"
BEGIN, END = "<!-- begin: {} -->", "<!-- end: {} -->"

_WIDTH, _HEIGHT = 860, 330
_STYLE = """\
svg { font-family: system-ui, sans-serif; font-size: 14px; }
.ground { fill: #ffffff; } .box { fill: #f5f7f8; stroke: #55626f; stroke-width: 1.5; }
.frozen { stroke: #ad2417; } .open { stroke: #1b7243; } text { fill: #17212b; }
.state { font-size: 16px; font-weight: 600; } .why { fill: #55626f; font-size: 12.5px; }
path { fill: none; stroke: #55626f; stroke-width: 1.5; marker-end: url(#tip); }
.outer { stroke-dasharray: 5 4; }
#tip path { fill: #55626f; marker-end: none; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #10161c; } .box { fill: #182029; stroke: #a3b0bc; } text { fill: #e7ecf0; }
  .frozen { stroke: #ff9d90; } .open { stroke: #7fd3a2; } .why { fill: #a3b0bc; }
  path { stroke: #a3b0bc; } #tip path { fill: #a3b0bc; }
}
"""
_BOXES: dict[AccountStatus, tuple[int, int, str]] = {
    AccountStatus.OPEN: (20, 130, "open"),
    AccountStatus.INCREASES_CLOSED: (345, 130, "increases closed"),
    AccountStatus.FROZEN: (670, 130, "frozen"),
    AccountStatus.CLOSED: (345, 258, "closed"),
}
_BOX_WIDTH, _BOX_HEIGHT = 170, 52


@dataclass(frozen=True, slots=True)
class _Arrow:
    """How a transition is drawn: its path, and where its two lines of words stand."""

    path: str
    x: int
    y: int
    why: str


_ARROWS: dict[tuple[AccountStatus, AccountStatus], _Arrow] = {
    (AccountStatus.OPEN, AccountStatus.INCREASES_CLOSED): _Arrow(
        "M190 146 H343", 267, 118, "a cause comes in"
    ),
    (AccountStatus.INCREASES_CLOSED, AccountStatus.OPEN): _Arrow(
        "M345 168 H192", 267, 190, "time over, cause gone"
    ),
    (AccountStatus.INCREASES_CLOSED, AccountStatus.FROZEN): _Arrow(
        "M515 146 H668", 592, 118, "a cause that freezes"
    ),
    (AccountStatus.FROZEN, AccountStatus.INCREASES_CLOSED): _Arrow(
        "M670 168 H517", 592, 190, "time over, cause gone"
    ),
    (AccountStatus.OPEN, AccountStatus.FROZEN): _Arrow(
        "M105 130 C 180 20, 680 20, 755 128", 430, 20, "a cause that freezes"
    ),
}


def main() -> None:
    """Draw the picture and write the tables."""
    PICTURE.write_text(picture(TRANSITIONS), encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PICTURE}\nwrote {PAGE}")


def picture(transitions: Sequence[Transition]) -> str:
    """The machine: a box a state, an arrow a transition; ``KeyError`` for one without a place."""
    boxes = [
        Markup(
            '<rect class="box {}" x="{}" y="{}" width="{}" height="{}" rx="8"/>\n'
            '<text class="state" x="{}" y="{}" text-anchor="middle">{}</text>'
        ).format(
            state,
            x,
            y,
            _BOX_WIDTH,
            _BOX_HEIGHT,
            x + _BOX_WIDTH // 2,
            y + _BOX_HEIGHT // 2 + 6,
            name,
        )
        for state, (x, y, name) in _BOXES.items()
    ]
    arrows = [_drawn(transition) for transition in transitions]
    closing = Markup(
        '<path class="outer" d="M430 182 V256"/>'
        '<text class="why" x="442" y="240">by the customer or the books, from any state</text>'
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
        'role="img">\n<title>The states of an account</title>\n<style>\n{style}</style>\n'
        '<defs><marker id="tip" markerWidth="9" markerHeight="9" refX="8" refY="4" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z"/></marker></defs>\n'
        '<rect class="ground" width="100%" height="100%"/>\n{parts}\n</svg>\n'
    ).format(
        w=_WIDTH,
        h=_HEIGHT,
        style=Markup(_STYLE),
        parts=Markup("\n").join([*boxes, *arrows, closing]),
    )


def _drawn(transition: Transition) -> Markup:
    arrow = _ARROWS[transition.before, transition.after]
    return Markup(
        '<path d="{}"/>\n<text x="{}" y="{}" text-anchor="middle">{}</text>\n'
        '<text class="why" x="{}" y="{}" text-anchor="middle">{}</text>'
    ).format(
        arrow.path,
        arrow.x,
        arrow.y,
        transition.action.replace("_", " "),
        arrow.x,
        arrow.y + 16,
        arrow.why,
    )


def with_tables(page: str) -> str:
    """The page with its tables as they follow from the code and the policy."""
    policy = parse_limit_policy(yaml.safe_load(_POLICY.read_text(encoding="utf-8")))
    for name, table in {"moves": _moves(), "causes": _causes(policy)}.items():
        begin, end = BEGIN.format(name), END.format(name)
        before, rest = page.split(begin, 1)
        page = f"{before}{begin}\n\n{table}\n{end}{rest.split(end, 1)[1]}"
    return page


def _moves() -> str:
    lines = ["| from | action | to | what ends it |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {_BOXES[each.before][2]} | `{each.action}` | {_BOXES[each.after][2]} | {each.way_out} |"
        for each in TRANSITIONS
    ]
    return "\n".join(lines) + "\n"


def _causes(policy: LimitPolicy) -> str:
    comes_in = upper_bounds(policy)
    lines = [
        "| cause | comes in at | is gone with | does | what a customer is told |",
        "| --- | --- | --- | --- | --- |",
    ]
    for cause in STATE_CAUSES:
        gone, _ = exit_condition(cause, policy)
        does = "closes increases"
        if cause is ReasonCode.ACCOUNT_TAKEOVER:
            does = "freezes"
        elif cause in FREEZING_CAUSES:
            does = "closes increases; freezes further on"
        told = reason_sentence(cause)
        lines.append(f"| `{cause}` | {comes_in[cause]} | {gone} | {does} | {told} |")
    return "\n".join(lines) + "\n"


def upper_bounds(policy: LimitPolicy) -> dict[ReasonCode, str]:
    """The bound that every cause comes in at, in words, with the policy's figures."""
    closing, unlike = policy.closing, policy.anomalies
    freezing, linked, hardship = policy.freezing, policy.linked, policy.hardship
    return {
        ReasonCode.ACCOUNT_TAKEOVER: (
            f"{freezing.disputed_transactions_90d} disputed transaction in 90 days and logins, "
            "devices or spending unlike the customer's own past"
        ),
        ReasonCode.SERIOUSLY_OVERDUE: (
            f"{policy.overdue.serious_days} days past due; freezes from {freezing.overdue_days}, "
            f"from {freezing.overdue_days_with_backup} with a second source of repayment"
        ),
        ReasonCode.OVERDUE: f"{policy.overdue.levels[0].days_past_due} day past due",
        ReasonCode.HARDSHIP: (
            f"income down by {hardship.income_lost_ratio:.0%} within a year and 1 to "
            f"{hardship.days_past_due_most} days past due"
        ),
        ReasonCode.LINKED_RISK: (
            f"{closing.linked_past_due} linked customers past due; freezes from "
            f"{linked.freeze_past_due} of them in grade {linked.freeze_grade}"
        ),
        ReasonCode.LOAN_APPLICATION_BURST: (
            f"{closing.loan_applications_7d} applications in 7 days or "
            f"{closing.loan_applications_30d} in 30"
        ),
        ReasonCode.DEVICE_CHANGE_BURST: (
            f"{closing.device_changes_30d} changes of device in 30 days"
        ),
        ReasonCode.LOGIN_ANOMALY: (
            f"{unlike.login_ratio:g} times the customer's own logins, of at least "
            f"{unlike.login_count_min} in 30 days"
        ),
        ReasonCode.SPENDING_ANOMALY: (
            f"{unlike.spend_trend / 3:.0%} of a quarter's spending in its last month"
        ),
        ReasonCode.PERSISTENT_DEBT: (
            f"{closing.persistent_debt_utilization_ratio:.0%} of the line in use and "
            f"{closing.persistent_debt_payment_ratio:.0%} of bills paid, over a year"
        ),
    }


if __name__ == "__main__":
    main()
