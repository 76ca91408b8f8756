"""Check 9, limit response: a higher limit is known to raise risk and balance, step by step."""

from credit_limits.gates.decision_evidence import LimitResponseEvidence
from credit_limits.gates.result import (
    AtLeast,
    AtMost,
    Bound,
    CheckName,
    CheckResult,
    conclude,
    no_evidence,
    part_holds,
    part_missing,
)
from credit_limits.gates.threshold_sections import LimitResponseThresholds

_ADVICE = (
    "Draw a slice of the limits at random and estimate the response from it; where the product "
    "does without, say so in the thresholds file, with an end, an owner and a reason"
)


def check(
    evidence: LimitResponseEvidence | None, thresholds: LimitResponseThresholds
) -> CheckResult:
    """The effect of the limit itself has the right sign, and rises with the dose.

    Measures: the rise of the log odds of default, and of the logarithm of the balance, for a
    rise of the logarithm of the limit, lower ends of 95 %; and steps of the dose over which
    balance or risk falls beyond its interval. Where too few have defaulted to tell the risk, the
    balance is judged alone: it can refuse, and what holds of it leaves the risk without evidence.
    Why: in observed data the lowest limits default most, because they were given to the riskiest;
    a model that takes this for an effect would raise limits to lower risk.
    Where it refuses: the sign is that of a selection, not of an effect; randomize.
    """
    if evidence is None:
        return no_evidence(CheckName.LIMIT_RESPONSE, f"no causal response was estimated. {_ADVICE}")
    default = evidence.default_log_odds_per_log_limit
    balance = evidence.balance_log_per_log_limit
    figures = {
        "rows": evidence.rows,
        "randomized_rows": evidence.randomized_rows,
        "balance_response": balance.value,
        "balance_response_low": balance.low,
        "balance_response_high": balance.high,
        "dose_steps": evidence.dose_steps,
        "dose_violations": evidence.dose_violations,
    }
    bounds: tuple[Bound, ...] = (
        AtLeast("rows", thresholds.rows_floor),
        AtLeast("balance_response_low", thresholds.balance_response_low_floor),
        AtLeast("dose_steps", thresholds.dose_steps_floor),
        AtMost("dose_violations", thresholds.dose_violations_ceiling),
    )
    if default is None:
        balance_part = conclude(CheckName.LIMIT_RESPONSE, figures, bounds, _ADVICE)
        return part_missing(balance_part, "the default response")
    figures |= {
        "default_response": default.value,
        "default_response_low": default.low,
        "default_response_high": default.high,
    }
    bounds = (*bounds, AtLeast("default_response_low", thresholds.default_response_low_floor))
    return conclude(CheckName.LIMIT_RESPONSE, figures, bounds, _ADVICE)


def vouches(result: CheckResult) -> bool:
    """Whether a result of this check vouches for the balance response that was measured.

    It does where the check passed, and where the default response alone is missing; not where
    the check refused on its evidence, whoever answers for that.
    """
    return result.passed or part_holds(result)
