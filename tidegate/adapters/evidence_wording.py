"""How an evidence pack words a check and a threshold. Every function returns plain text."""

from collections.abc import Iterable, Mapping

from credit_limits.gates.result import CheckName
from tidegate.adapters.evidence_pack import BoundRow, ScoreBand, Unusual
from tidegate.adapters.report_wording import asked, measure, percent

ASKS: Mapping[CheckName, str] = {
    CheckName.DATA: "Has every table that the model saw passed its validation, and is none empty?",
    CheckName.TIME: "Was no feature and no label known only after the day it was used for?",
    CheckName.PERFORMANCE: "Does the score tell defaulters from the rest, on later rows?",
    CheckName.CALIBRATION: "Do as many default as the model says?",
    CheckName.BEHAVIOUR: "Does the score rise where the risk must, such as with days past due?",
    CheckName.STABILITY: "Are the customers of today those that it learnt from?",
    CheckName.CHALLENGER: "Is it no worse than the model that decides today?",
    CheckName.FAIRNESS: "Is no group of a protected attribute treated clearly worse than another?",
    CheckName.LIMIT_RESPONSE: "Is it known what a higher limit does to risk and balance?",
    CheckName.POLICY_VALUE: "Are its decisions worth no less than those taken so far?",
    CheckName.WELFARE: "Does added limit not flow to those whom it would keep in debt?",
    CheckName.PORTFOLIO: "Do its decisions keep every cap, and would the book bear a 2020?",
    CheckName.DRIFT: "Is no alarm of the monitoring left without an answer?",
    CheckName.TECHNICAL: "Is the stored model the one that was measured?",
    CheckName.PEOPLE: "Have those approved whom the policy asks for?",
}
"""The question of each check, as a reader would put it."""

_CLOSE = 0.1
_CAPITALS = {"auc": "AUC", "ks": "KS", "psi": "PSI"}
_YES_OR_NO = ("signature", "schema_match")
_ENDS = ("_low", "_high")


def bound_rows(
    measured: Mapping[str, float],
    bounds: Mapping[str, float],
    thresholds: Mapping[str, Mapping[str, object]],
) -> tuple[BoundRow, ...]:
    """The bounds of a check, each with its figure's interval, and with unit and reason.

    Args:
        measured: figures by name; ``auc_low`` and ``auc_high`` bound ``auc``.
        bounds: thresholds by figure and sign, such as ``auc_low >=``.
        thresholds: the check's section of the thresholds file, by threshold.
    """
    rows = []
    for name, threshold in bounds.items():
        figure, _, sign = name.rpartition(" ")
        stated = _stated(figure, sign, threshold, thresholds)
        value, base = measured.get(figure), _base(figure)
        rows.append(
            BoundRow(
                figure=figure,
                measured=measured.get(base, value),
                low=measured.get(f"{base}_low"),
                high=measured.get(f"{base}_high"),
                sign=sign,
                threshold=threshold,
                unit=str(stated.get("unit", "")),
                reason=str(stated.get("reason", "")),
                margin=_margin(figure, value, sign, threshold),
            )
        )
    return tuple(rows)


def also_measured(
    measured: Mapping[str, float], bounds: Iterable[str]
) -> tuple[tuple[str, float], ...]:
    """The figures that no bound looks at, nor shows as an interval."""
    judged = {_base(name.rpartition(" ")[0]) for name in bounds}
    return tuple((name, value) for name, value in measured.items() if _base(name) not in judged)


def small_margins(check: str, bounds: Iterable[BoundRow]) -> list[Unusual]:
    """Bounds that hold by less than a tenth of the threshold."""
    return [
        Unusual(
            "small margin",
            f"{words(check)}: {words(row.figure)} is within {percent(row.margin)} of its "
            f"threshold, which is {asked(((row.sign, row.threshold),))}",
        )
        for row in bounds
        if row.margin is not None and 0 <= row.margin < _CLOSE
    ]


def interval(row: BoundRow) -> str:
    """The interval of a figure.

    >>> interval(BoundRow("auc_low", 0.78, 0.76, 0.8, ">=", 0.7, "", "", 0.08))
    '0.76 to 0.8'
    """
    if row.low is None and row.high is None:
        return ""
    low = "" if row.low is None else f"{measure(row.low)} "
    return f"{low}to {measure(row.high)}" if row.high is not None else f"from {low.strip()}"


def judged_end(row: BoundRow) -> str:
    """Which end of the interval is judged, in words; empty where the figure itself is."""
    ends = {"_low": "lower end", "_high": "upper end"}
    return next((word for end, word in ends.items() if row.figure.endswith(end)), "")


def judged_name(row: BoundRow) -> str:
    """The figure without the name of an end."""
    return words(_base(row.figure))


def band_edges(bands: Iterable[ScoreBand]) -> list[str]:
    """Where bands begin, as percentages, and where the last ends."""
    bands = list(bands)
    edges = [band.low for band in bands] + [band.high for band in bands[-1:]]
    return [percent(edge, 0 if edge >= 0.1 or not edge else 1) for edge in edges]


def words(name: str) -> str:
    """A name of the code as words.

    >>> words("limit_response")
    'limit response'
    """
    return " ".join(_CAPITALS.get(word, word) for word in name.split("_"))


def _base(figure: str) -> str:
    for end in _ENDS:
        if figure.endswith(end):
            return figure.removesuffix(end)
    return figure


def _margin(figure: str, value: float | None, sign: str, threshold: float) -> float | None:
    if value is None or not threshold or figure in _YES_OR_NO:
        return None
    good = value - threshold if sign == ">=" else threshold - value
    return good / abs(threshold)


def _stated(
    figure: str, sign: str, threshold: float, section: Mapping[str, Mapping[str, object]]
) -> Mapping[str, object]:
    """The threshold of the file behind a bound: same side, same value, the most words in common."""
    side = "_floor" if sign == ">=" else "_ceiling"
    there = {
        name.removesuffix(side): entry
        for name, entry in section.items()
        if name.endswith(side) and entry.get("value") == threshold
    }
    if not there:
        return {}
    asked_for = set(figure.split("_"))
    return there[max(there, key=lambda name: len(asked_for & set(name.split("_"))))]
