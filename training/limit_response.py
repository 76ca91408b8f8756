"""What a limit itself does to balance and default, estimated from limits drawn at random.

The mean balance after a change is exp(a + b x dose + controls), the dose being the log of the new
limit over the old; b is the balance response, log per log. The log odds of default are linear in
the same. Controls (use of the limit before, the limit before, the product) are not needed for b to
be right, since the dose was drawn; they take from its error what was known beforehand. Balances
count over the limit before, so that a few large lines do not decide for all.

An estimate from what was observed instead would have the sign of the selection: limits were raised
where risk was low. Where nothing was drawn at random there is therefore no estimate.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

from credit_limits.domain.digest import canonical_json, digest_of
from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from credit_limits.domain.limit_response import BALANCE_KEY, DEFAULT_KEY, LIMIT_RESPONSE
from credit_limits.gates.measured import Interval
from training.response_dose import Design, DoseResponse, design_of
from training.response_fit import Family
from training.response_policy import ResponsePolicy
from training.response_rows import ResponseRows

METHOD = "limits drawn at random, weighted by 1 over propensity; errors clustered by customer"
_FEWEST_STEPS = 2
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class ResponseLineage:
    """All that an estimate follows from: the same lineage gives the same estimate."""

    as_of: date
    data_versions: Mapping[str, int]
    policy_version: str
    policy_digest: str
    code_digest: str

    def as_plain(self) -> dict[str, object]:
        """Everything by name, JSON-able."""
        return asdict(self) | {"as_of": self.as_of.isoformat()}

    @property
    def run_key(self) -> str:
        """SHA-256 of the lineage: what a repeated estimate is recognised by."""
        return digest_of({"model": LIMIT_RESPONSE, **self.as_plain()})


@dataclass(frozen=True, slots=True)
class DoseStep:
    """Changes of about the same dose, and what followed them, without the form of a curve.

    ``log_limit_ratio``: their mean dose. ``balance_log``: log of the balance over that at no
    change, where the fitted line is at 0; ``default_log_odds`` the same of the log odds of
    default, None where no default response is told.
    """

    log_limit_ratio: float
    rows: int
    balance_log: Interval
    default_log_odds: Interval | None


@dataclass(frozen=True, slots=True)
class ResponseEstimate:
    """An estimate and what it rests on.

    ``rows`` changes of ``customers`` customers, ``defaults`` of them followed by one; ``drawn``
    and ``waiting`` as in :class:`~training.response_rows.ResponseRows`. ``balance`` and
    ``default``: rise per log of the limit; ``default_absent`` says why the latter is None.
    ``dose_violations``: neighbouring ``steps`` over which balance or risk falls beyond its
    interval.
    """

    policy: ResponsePolicy
    rows: int
    customers: int
    defaults: int
    drawn: int
    waiting: int
    balance: Interval
    default: Interval | None
    default_absent: str
    steps: tuple[DoseStep, ...]
    dose_violations: int

    def __post_init__(self) -> None:
        if (self.default is None) != bool(self.default_absent):
            raise ValueError("a default response, or why there is none")

    def as_plain(self) -> dict[str, object]:
        """The registered file, JSON-able; figures to nine digits after the point."""
        window = self.policy.window
        counted = ("rows", "customers", "defaults", "drawn", "waiting", "dose_violations")
        return {
            "model": LIMIT_RESPONSE,
            "method": METHOD,
            "policy_version": self.policy.version,
            "policy_digest": self.policy.digest,
            **asdict(window),
            **{name: getattr(self, name) for name in counted},
            BALANCE_KEY: _plain(self.balance),
            DEFAULT_KEY: _plain(self.default),
            "default_absent": self.default_absent,
            "steps": [
                {
                    "log_limit_ratio": round(step.log_limit_ratio, _DIGITS),
                    "rows": step.rows,
                    "balance_log": _plain(step.balance_log),
                    "default_log_odds": _plain(step.default_log_odds),
                }
                for step in self.steps
            ],
        }

    @property
    def content(self) -> bytes:
        """The registered file's bytes."""
        return canonical_json(self.as_plain())


@dataclass(frozen=True, slots=True)
class ResponseRun:
    """An estimate and what it came from: all that a registry and a card need."""

    estimate: ResponseEstimate
    lineage: ResponseLineage


def estimate_response(rows: ResponseRows, policy: ResponsePolicy) -> ResponseEstimate:
    """The response of balance, and of default where enough have defaulted.

    Raises:
        NotEnoughOutcomes: fewer rows than the policy's floor, or doses of one step alone; the
            message has the figures.
        ModelError: the balance response cannot be told from the controls.
    """
    _enough(rows, policy)
    design = design_of(rows, policy.dose.step_width, policy.floors.step_rows)
    if len(design.kept) < _FEWEST_STEPS:
        raise NotEnoughOutcomes(
            f"limits drawn at random fill {len(design.kept)} step of the dose with "
            f"{policy.floors.step_rows} changes or more, and a response needs {_FEWEST_STEPS}: "
            "draw raises of more than one size, or raises and cuts"
        )
    balance = design.regress(rows.use_after, Family.POISSON)
    default, absent = _default(design, policy)
    falls = balance.falls | default.falls if default else balance.falls
    return ResponseEstimate(
        policy=policy,
        rows=len(rows),
        customers=int(rows.customer.max()) + 1,
        defaults=int(rows.defaulted.sum()),
        drawn=rows.drawn,
        waiting=rows.waiting,
        balance=balance.slope,
        default=default.slope if default else None,
        default_absent=absent,
        steps=_steps(design, balance, default),
        dose_violations=int(falls.sum()),
    )


def differing(registered: Mapping[str, object], measured: ResponseEstimate) -> tuple[str, ...]:
    """Names of what a registered file says otherwise than measuring again.

    Figures may differ by a millionth, as another machine's arithmetic may.
    """
    again = measured.as_plain()
    names = sorted({*registered, *again})
    return tuple(name for name in names if not _alike(registered.get(name), again.get(name)))


def _default(design: Design, policy: ResponsePolicy) -> tuple[DoseResponse | None, str]:
    """The default response, or why there is none."""
    rows, floor = design.rows, policy.floors.defaults
    found = int(rows.defaulted.sum())
    if found < floor:
        return None, (
            f"{found:,} of {len(rows):,} limits drawn at random were followed by a default, and "
            f"the training policy asks for {floor:,}: draw more of them, and wait"
        )
    try:
        return design.regress(rows.defaulted.astype(np.float64), Family.LOGISTIC), ""
    except ModelError as error:
        return None, f"the default response could not be estimated: {error}"


def _enough(rows: ResponseRows, policy: ResponsePolicy) -> None:
    if len(rows) < policy.floors.rows:
        raise NotEnoughOutcomes(
            f"{len(rows):,} limits drawn at random have {policy.window.months_after} months of "
            f"statements behind them ({rows.drawn:,} were drawn, {rows.waiting:,} wait); the "
            f"training policy asks for {policy.floors.rows:,}"
        )


def _steps(
    design: Design, balance: DoseResponse, default: DoseResponse | None
) -> tuple[DoseStep, ...]:
    risks = default.effects if default else (None,) * len(design.kept)
    dose = [design.rows.dose[design.step == step] for step in design.kept]
    return tuple(
        DoseStep(float(of_step.mean()), len(of_step), owed, risk)
        for of_step, owed, risk in zip(dose, balance.effects, risks, strict=True)
    )


def _plain(interval: Interval | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {name: round(value, _DIGITS) for name, value in asdict(interval).items()}


def _alike(one: object, other: object) -> bool:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) <= 1e-6 * max(1.0, abs(other))
    return type(one) is type(other) and one == other
