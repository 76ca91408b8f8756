"""Drift of decisions and of limits: what is decided now against the batches before it.

A model whose inputs and score stand still can still decide otherwise, through a policy, a cap, a
brake or a feature that only rules read. Shares of actions and of limits are held against those of
earlier batches, for all accounts, by product and by grade, with the arithmetic of the columns: a
shift must be certain, corrected for the number of histograms, and it must be large.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.stated_figures import checked_mapping, checked_names
from monitoring.psi import population_stability_index, sampling_noise
from monitoring.shift_test import holm, shift_p_value
from monitoring.threshold_sections import stated_section
from monitoring.thresholds import DriftLevel, FalseAlarms, Steps


@dataclass(frozen=True, slots=True)
class DecisionThresholds:
    """What is held against decisions.

    ``batches``: days of earlier decisions that are the reference. ``accounts_floor``: a group with
    fewer accounts is not judged. ``psi``: beyond the noise of sampling; ``false_alarms``: over all
    histograms together. ``highest``: no finding counts for more than this level.
    """

    batches: int
    accounts_floor: int
    psi: Steps
    false_alarms: FalseAlarms
    highest: DriftLevel

    def __post_init__(self) -> None:
        if self.batches < 1 or self.accounts_floor < 1:
            raise ValueError(f"{self.batches} batches, {self.accounts_floor} accounts; at least 1")


@dataclass(frozen=True, slots=True)
class DecisionCounts:
    """Accounts of a group by action or by band of limits, in earlier batches and now."""

    group: str
    measure: str
    then: tuple[int, ...]
    now: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.then) != len(self.now) or min((*self.then, *self.now), default=-1) < 0:
            raise ValueError(f"{self.group}, {self.measure}: {self.then} then, {self.now} now")


@dataclass(frozen=True, slots=True)
class DecisionShift:
    """One histogram: PSI with the noise of sampling, the p-value, corrected as well, the level."""

    group: str
    measure: str
    accounts_then: int
    accounts_now: int
    psi: float
    noise: float
    p_value: float
    p_corrected: float
    level: DriftLevel

    @property
    def finding(self) -> str:
        """What moved, in words; empty where nothing did."""
        if self.level is DriftLevel.NONE:
            return ""
        effect = self.psi - self.noise
        return f"{self.measure} of {self.group}: PSI {effect:.3f} beyond the noise of sampling"


def decision_shifts(
    counts: Sequence[DecisionCounts], thresholds: DecisionThresholds
) -> tuple[DecisionShift, ...]:
    """Judge the histograms with accounts enough on both sides, in their order."""
    judged = [
        each for each in counts if min(sum(each.then), sum(each.now)) >= thresholds.accounts_floor
    ]
    p_values = [shift_p_value(each.then, each.now) for each in judged]
    rows = zip(judged, p_values, holm(p_values), strict=True)
    return tuple(_shift(each, p, corrected, thresholds) for each, p, corrected in rows)


def _shift(
    counts: DecisionCounts, p_value: float, corrected: float, thresholds: DecisionThresholds
) -> DecisionShift:
    then, now = np.asarray(counts.then), np.asarray(counts.now)
    psi = population_stability_index(then, now)
    used = int(((then > 0) | (now > 0)).sum())
    noise = sampling_noise(used, int(then.sum()), int(now.sum()))
    level = min(
        thresholds.psi.level(psi - noise),
        thresholds.false_alarms.level(corrected),
        thresholds.highest,
    )
    return DecisionShift(
        group=counts.group,
        measure=counts.measure,
        accounts_then=int(then.sum()),
        accounts_now=int(now.sum()),
        psi=psi,
        noise=noise,
        p_value=p_value,
        p_corrected=corrected,
        level=level,
    )


def parse_decision_thresholds(version: str, content: Mapping[str, object]) -> DecisionThresholds:
    """The thresholds under ``decisions`` in a monitoring policy file.

    ``batches`` and ``accounts_floor`` with ``value``, ``psi`` and ``false_alarms`` with ``notice``
    and ``alarm``, all with ``unit`` and ``reason``; ``highest`` with ``level`` and ``reason``.

    Raises:
        PolicyError: one is absent or unknown, not a finite number, out of order, or without
            unit or reason.
    """
    stated = stated_section(
        version,
        "decisions",
        content,
        values=("batches", "accounts_floor"),
        pairs=("psi", "false_alarms"),
        others=("highest",),
    )
    try:
        return DecisionThresholds(
            batches=int(stated.value["batches"]),
            accounts_floor=int(stated.value["accounts_floor"]),
            psi=Steps(**stated.pair["psi"]),
            false_alarms=FalseAlarms(**stated.pair["false_alarms"]),
            highest=_highest(version, stated.rest["highest"]),
        )
    except ValueError as error:
        raise PolicyError(f"{version}: decisions: {error}") from error


def _highest(version: str, raw: object) -> DriftLevel:
    section = checked_mapping(version, "decisions.highest", raw)
    checked_names(version, "decisions.highest", section, ("level", "reason"))
    words = {level.word: level for level in DriftLevel}
    if section["level"] not in words or not section["reason"]:
        raise PolicyError(f"{version}: decisions.highest is {section['level']!r} with its reason")
    return words[str(section["level"])]
