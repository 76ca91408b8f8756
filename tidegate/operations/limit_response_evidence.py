"""Evidence of check 9: the limit response, measured again from the lake.

What is registered is never believed: it is measured again at the table versions and with the
knowledge of the training. A registered file that measuring again contradicts is no evidence, and
check 14 counts what differs.
"""

import json
from collections.abc import Mapping

from credit_limits.domain.errors import ModelError
from credit_limits.domain.limit_response import LIMIT_RESPONSE, RESPONSE_FILE, RESPONSE_TAG
from credit_limits.gates import limit_response
from credit_limits.gates.decision_evidence import LimitResponseEvidence
from credit_limits.gates.thresholds import parse_thresholds
from tidegate.adapters.dated_policies import DatedFile
from tidegate.operations.candidate import Candidate


def limit_response_evidence(candidate: Candidate) -> LimitResponseEvidence:
    """The response as the lake tells it today.

    Raises:
        NotEnoughOutcomes: too few limits were drawn at random.
        ModelError: it cannot be told, or the version names one that says otherwise.
    """
    measured = candidate.measured_response
    if contradicted := contradicted_by(candidate):
        raise ModelError(
            f"{LIMIT_RESPONSE} version {candidate.loaded.tags[RESPONSE_TAG]} was registered with "
            f"other figures than measuring again finds ({', '.join(contradicted)}); train again"
        )
    return LimitResponseEvidence(
        rows=measured.rows,
        randomized_rows=measured.rows,
        default_log_odds_per_log_limit=measured.default,
        balance_log_per_log_limit=measured.balance,
        dose_steps=len(measured.steps),
        dose_violations=measured.dose_violations,
    )


def vouched(evidence: LimitResponseEvidence | None, gates: DatedFile) -> bool:
    """Whether check 9 vouches for the measured response, under this thresholds file.

    Raises :class:`PolicyError` where the thresholds cannot be used.
    """
    if evidence is None:
        return False
    thresholds = parse_thresholds(gates.version, gates.content).limit_response
    return limit_response.vouches(limit_response.check(evidence, thresholds))


def contradicted_by(candidate: Candidate) -> tuple[str, ...]:
    """Names of what the version's registered response says otherwise than measuring again.

    None where the version names no response; what it names must be measurable.

    Raises:
        ModelError: its file is not there or is no JSON object, or it cannot be measured again.
    """
    from training.limit_response import differing

    content = candidate.response_file
    if content is None:
        return ()
    try:
        stated = json.loads(content)
    except ValueError as error:
        raise ModelError(f"{RESPONSE_FILE} cannot be read: {error}") from error
    if not isinstance(stated, Mapping):
        raise ModelError(f"{RESPONSE_FILE} cannot be read: it is no object")
    return differing(stated, candidate.measured_response)
