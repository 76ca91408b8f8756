"""What the benchmark of the watch finds, and how it is printed."""

from dataclasses import dataclass, field
from typing import Any

from scipy import special


@dataclass(frozen=True, slots=True)
class Rate:
    """``found`` of ``tried``, with its interval, beside the level that was stated, if any was."""

    what: str
    rows: int
    found: int
    tried: int
    stated: float | None
    rate: float = field(init=False)
    low: float = field(init=False)
    high: float = field(init=False)
    within: bool | None = field(init=False)

    def __post_init__(self) -> None:
        missed = self.tried - self.found
        low = float(special.betaincinv(self.found, missed + 1, 0.025)) if self.found else 0.0
        high = float(special.betaincinv(self.found + 1, missed, 0.975)) if missed else 1.0
        within = None if self.stated is None else low <= self.stated
        for name, value in (
            ("rate", self.found / self.tried),
            ("low", low),
            ("high", high),
            ("within", within),
        ):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Power:
    """Share of watches that say so of one column of forty moved by ``shift``.

    ``shift`` is in standard deviations, ``psi`` what it is in the population, over its deciles.
    """

    shift: float
    psi: float
    rows: int
    certain: float
    notice: float
    alarm: float


@dataclass(frozen=True, slots=True)
class Speed:
    """CPU seconds of each thread to count and to judge, and to make the numbers beside.

    ``elapsed`` is all of it on the clock: longer on a machine that does other things, and so no
    figure for a document. It stands in the JSON alone.
    """

    indicators: int
    rows: int
    threads: int
    elapsed: float
    generated: float
    counted: float
    judged: float


def text_of(report: dict[str, Any]) -> str:
    """The report as tables."""
    calm = [*report.get("calm_by_law", []), *report.get("calm_by_rows", [])]
    lines = [f"{report['columns']} columns, nothing changes:", _rate_head()]
    lines += [_rate_line(rate) for rate in calm]
    lines += ["", "nothing changes, but the rows of a day move together:", _rate_head()]
    lines += [_rate_line(rate) for rate in report.get("days_together", [])]
    lines += ["", "one column of them moves:", _POWER_HEAD]
    lines += [_power_line(power) for power in report.get("power", [])]
    lines += [""]
    lines += [
        f"{each['indicators']:,} indicators x {each['rows']:,} rows on {each['threads']} threads, "
        f"CPU seconds of each: {each['counted']:.1f} to count, {each['judged']:.1f} to judge, "
        f"{each['generated']:.1f} to make the numbers"
        for each in report.get("speed", [])
    ]
    return "\n".join(lines)


def _rate_head() -> str:
    return f"{'':<46}{'rows':>12}{'found':>7}{'of':>7}{'rate':>9}  95 % interval     stated"


def _rate_line(rate: dict[str, Any]) -> str:
    verdict = {None: "", True: "within", False: "ABOVE"}[rate["within"]]
    stated = "" if rate["stated"] is None else f"{rate['stated']:.3f}"
    return (
        f"{rate['what']:<46}{rate['rows']:>12,}{rate['found']:>7,}{rate['tried']:>7,}"
        f"{rate['rate']:>9.4f}  {rate['low']:.4f} to {rate['high']:.4f}  {stated:>6} {verdict}"
    ).rstrip()


_POWER_HEAD = f"{'rows':>12}{'shift, sd':>11}{'PSI':>8}{'certain':>9}{'notice':>8}{'alarm':>8}"


def _power_line(power: dict[str, Any]) -> str:
    return (
        f"{power['rows']:>12,}{power['shift']:>11.2f}{power['psi']:>8.3f}"
        f"{power['certain']:>9.3f}{power['notice']:>8.3f}{power['alarm']:>8.3f}"
    )
