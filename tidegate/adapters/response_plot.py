"""The picture of a limit response: balance by dose, the fitted line, the policy's assumption."""

import math

from markupsafe import Markup

from tidegate.adapters.cycle_report_response import LimitResponseTold, MeasuredResponse
from tidegate.adapters.month_charts import round_steps
from tidegate.adapters.report_plots import Plot
from tidegate.adapters.svg_canvas import Canvas, Caption, share
from tidegate.adapters.svg_charts import legend

_HEIGHT, _TOP, _MARGIN = 170.0, 16.0, 0.08
_TITLE = "Balance by what the limit was multiplied with, and how many limits"


def response_plot(told: LimitResponseTold) -> Plot:
    """The picture; only where a response was measured."""
    measured = told.measured
    assert measured is not None
    assumed = told.assumed.balance if told.assumed else None
    lines = [("challenger", measured.balance.value)]
    if assumed is not None:
        lines.append(("champion", assumed))
    entries = [("challenger", "Measured, with 95% bounds")]
    entries += [("champion", "Policy's assumption")] if assumed is not None else []
    chart = _Chart(measured, [slope for _, slope in lines])
    for css, slope in reversed(lines):
        chart.draw_line(slope, css)
    chart.draw_steps(measured)
    return Plot(
        _TITLE, legend(entries), chart.svg(Caption("response-plot", _TITLE, _told(measured)))
    )


class _Chart:
    """Log of the limit across, log of the balance down, both with 0 within."""

    def __init__(self, measured: MeasuredResponse, slopes: list[float]) -> None:
        doses = [0.0, *(step.log_limit_ratio for step in measured.steps)]
        room = _MARGIN * (max(doses) - min(doses))
        self.low, self.high = min(doses) - room, max(doses) + room
        ends = [slope * dose for slope in slopes for dose in (self.low, self.high)]
        bounds = [end for s in measured.steps for end in (s.balance_log.low, s.balance_log.high)]
        known = [math.expm1(value) for value in (*ends, *bounds)]
        self.scale = round_steps(min(known), max(known))
        self.canvas = Canvas()
        for tick in self.scale:
            at = self._down(math.log1p(tick))
            self.canvas.line(0, at, 100, at, "scale" if tick else "zero")
            self.canvas.text(0, at - 4, _signed(tick), "tick over")
        nought = self._across(0.0)
        self.canvas.line(nought, _TOP, nought, _TOP + _HEIGHT, "zero")

    def draw_line(self, slope: float, css: str) -> None:
        """What a response of this slope expects."""
        ends = [(self._across(dose), self._down(slope * dose)) for dose in (self.low, self.high)]
        self.canvas.line(*ends[0], *ends[1], f"bounds {css}")

    def draw_steps(self, measured: MeasuredResponse) -> None:
        """What followed the changes of each step, and how many they were."""
        floor = _TOP + _HEIGHT
        for step in measured.steps:
            x, seen = self._across(step.log_limit_ratio), step.balance_log
            self.canvas.line(x, self._down(seen.low), x, self._down(seen.high), "bounds challenger")
            self.canvas.dot(x, self._down(seen.value), "challenger")
            name = f"\N{MULTIPLICATION SIGN} {math.exp(step.log_limit_ratio):.2f}"
            self.canvas.text(x, floor + 15, name, "tick", "middle")
            self.canvas.text(x, floor + 29, f"{step.changes:,}", "tick", "middle")

    def svg(self, caption: Caption) -> Markup:
        """The picture, with room for the names of the steps."""
        return self.canvas.svg(caption, _TOP + _HEIGHT + 34)

    def _across(self, log_ratio: float) -> float:
        return share(log_ratio, self.low, self.high)

    def _down(self, log_balance: float) -> float:
        low, high = math.log1p(self.scale[0]), math.log1p(self.scale[-1])
        return _TOP + _HEIGHT - _HEIGHT * share(log_balance, low, high) / 100


def _signed(ratio: float) -> str:
    return f"{ratio:+.0%}".replace("-", "\N{MINUS SIGN}") if ratio else "0%"


def _told(measured: MeasuredResponse) -> str:
    steps = "; ".join(
        f"limit times {math.exp(step.log_limit_ratio):.2f}: balance "
        f"{math.expm1(step.balance_log.value):+.1%}, {step.changes:,} changes"
        for step in measured.steps
    )
    return f"Balance against that without a change, by what the limit was multiplied with. {steps}."
