"""The macro overlay of a day: its dated file, and the macro figures as they were known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from pydantic import BaseModel, ConfigDict

from credit_limits.domain.periods import end_of_day
from credit_limits.policy.overlay import Overlay, parse_overlay
from credit_limits.policy.portfolio import Portfolio
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.platform import Platform

_RISE = """
WITH published AS (
    SELECT event_timestamp, unemployment_rate FROM macro WHERE event_timestamp <= $instant
),
latest AS (SELECT * FROM published ORDER BY event_timestamp DESC LIMIT 1),
year_before AS (
    SELECT published.unemployment_rate FROM published, latest
    WHERE published.event_timestamp <= latest.event_timestamp - INTERVAL 12 MONTH
    ORDER BY published.event_timestamp DESC LIMIT 1
)
SELECT latest.unemployment_rate - year_before.unemployment_rate FROM latest, year_before
"""
_RATE_DIGITS = 9


class OverlayRow(BaseModel):
    """The overlay that a batch was decided under.

    ``unemployment_rise`` is a share, ``None`` where no row asked for it; ``accounts_moved`` those
    whose probability it changed, ``mean_probability`` before and after it.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    digest: str
    unemployment_rise: float | None
    accounts_moved: int
    mean_model_probability: float
    mean_probability: float

    @property
    def identity(self) -> str:
        """What makes it the same overlay."""
        return _identity(self.version, self.digest, self.unemployment_rise)


@dataclass(frozen=True, slots=True)
class OverlayInForce:
    """An overlay with its file's version and digest, and the rise of unemployment if it asks."""

    version: str
    digest: str
    overlay: Overlay
    unemployment_rise: float | None

    @property
    def identity(self) -> str:
        """What makes it the same overlay."""
        return _identity(self.version, self.digest, self.unemployment_rise)

    def applied(self, portfolio: Portfolio) -> Portfolio:
        """The portfolio with overlaid probabilities.

        Raises :class:`DataMissing` where a row asks for figures that the lake does not have.
        """
        return self.overlay.applied(portfolio, self.unemployment_rise)

    def row(self, portfolio: Portfolio) -> OverlayRow:
        """What it did to a portfolio that it was applied to."""
        own, moved = portfolio.model_probability, portfolio.default_probability
        return OverlayRow(
            version=self.version,
            digest=self.digest,
            unemployment_rise=self.unemployment_rise,
            accounts_moved=int(np.count_nonzero(own != moved)),
            mean_model_probability=round(float(own.mean()), _RATE_DIGITS),
            mean_probability=round(float(moved.mean()), _RATE_DIGITS),
        )


def overlay_at(
    platform: Platform, as_of: date, versions: Mapping[str, int] | None = None
) -> OverlayInForce:
    """The overlay in force at a date; ``versions`` pins the tables of the lake.

    Raises:
        PolicyError: no file is in force, or one that does not hold together.
    """
    file = load_dated(platform.policies("overlay"), as_of)
    overlay = file.parsed(parse_overlay)
    rise = None
    if overlay.asks_for_unemployment:
        rise = _unemployment_rise(platform, as_of, versions or platform.lake.versions())
    return OverlayInForce(file.version, file.digest, overlay, rise)


def _identity(version: str, digest: str, unemployment_rise: float | None) -> str:
    rise = "" if unemployment_rise is None else f", unemployment up by {unemployment_rise}"
    return f"{version}, {digest}{rise}"


def _unemployment_rise(
    platform: Platform, as_of: date, versions: Mapping[str, int]
) -> float | None:
    """Latest rate known less that of twelve months before it; None where one is not known."""
    if "macro" not in versions:
        return None
    with platform.lake.connect(versions, known_at=as_of, tables=["macro"]) as connection:
        found = connection.execute(_RISE, {"instant": end_of_day(as_of)}).fetchone()
    return None if found is None or found[0] is None else round(float(found[0]), _RATE_DIGITS)
