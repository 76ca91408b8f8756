"""Solve an allocation problem that stands in a file of its own, apart from any portfolio."""

import zipfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.allocation.certificate import Allocation
from credit_limits.allocation.infeasibility import Infeasibility
from credit_limits.allocation.problem import AllocationProblem
from credit_limits.allocation.solver import solve
from credit_limits.allocation.written_out import written_out_problem
from credit_limits.domain.errors import InputError

_OPTIMAL_GAP = 1e-9
_NUMBERS = "biuf"

_log = structlog.get_logger(__name__)


class AllocateProblemRequest(BaseModel):
    """Which problem to solve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    problem: Path = Field(
        description="NumPy archive (.npz) with the arrays profit (accounts, candidates), weights "
        "(caps, accounts, candidates), caps (caps) and allowed (accounts, candidates); and, where "
        "wanted, account_id and preferred (accounts)"
    )
    gap_target: float = Field(
        1e-6, gt=0, lt=1, description="Relative gap at which the search may end"
    )


class AllocationStatus(StrEnum):
    """How the search ended."""

    OPTIMAL = "optimal"
    WITHIN_GAP = "within_gap"
    INFEASIBLE = "infeasible"


class ConflictingCap(BaseModel):
    """A cap that cannot be met, by its place in the file."""

    model_config = ConfigDict(frozen=True)

    cap: int = Field(description="place in the array caps")
    bound: float = Field(description="the cap")
    used: float = Field(description="what would be used of it")
    over: float = Field(description="used less the cap")
    weight: float = Field(description="weight of the cap in the proof")


class InfeasibilityRow(BaseModel):
    """Why no choice meets the caps.

    ``alone``: each cap named is exceeded whatever is chosen. ``together``: the sum of weight x
    usage over the caps is at least ``least_weighted`` whatever is chosen, and the caps allow
    ``most_weighted``. ``whole_candidates``: found by exhaustive search; the nearest choice is told.
    """

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="alone, together or whole_candidates")
    caps: tuple[ConflictingCap, ...] = Field(description="the caps in conflict")
    least_weighted: float = Field(description="least weighted usage of any choice")
    most_weighted: float = Field(description="weighted usage that the caps allow")
    message: str = Field(description="the same in words")


class AllocateProblemOutcome(BaseModel):
    """The choice and what proves it, or the proof that there is none.

    ``optimal`` is a gap of at most 1e-9. ``slack`` and ``prices`` have one place a cap.
    """

    model_config = ConfigDict(frozen=True)

    status: AllocationStatus = Field(description="optimal, within_gap or infeasible")
    accounts: int = Field(description="number of accounts")
    choice: list[int] | None = Field(None, description="candidate of each account")
    value: float | None = Field(None, description="total profit of the choice")
    bound: float | None = Field(None, description="no choice within the caps is worth more")
    gap: float | None = Field(None, description="(bound - value) / |bound|")
    used: list[float] | None = Field(None, description="usage of each cap")
    slack: list[float] | None = Field(None, description="cap less usage, never negative")
    prices: list[float] | None = Field(None, description="profit of one more unit of each cap")
    passes: int | None = Field(None, description="passes over all accounts")
    infeasibility: InfeasibilityRow | None = Field(None, description="the proof, if infeasible")
    recognised: bool = Field(False, description="always false: nothing is kept")


def allocate_problem(request: AllocateProblemRequest) -> AllocateProblemOutcome:
    """Solve the problem in the file; nothing is written.

    Raises:
        InputError: the file is absent or no NumPy archive, an array is missing or does not fit, a
            figure of an allowed candidate is not a number, or an account has nothing allowed.
    """
    problem = _read(request.problem)
    found = solve(problem, gap_target=request.gap_target)
    if isinstance(found, Infeasibility):
        outcome = _refused(problem, found)
    else:
        outcome = _solved(problem, found)
    _log.info("problem_allocated", status=outcome.status, accounts=outcome.accounts)
    return outcome


def _solved(problem: AllocationProblem, found: Allocation) -> AllocateProblemOutcome:
    certificate = found.certificate
    optimal = certificate.gap <= _OPTIMAL_GAP
    return AllocateProblemOutcome(
        status=AllocationStatus.OPTIMAL if optimal else AllocationStatus.WITHIN_GAP,
        accounts=problem.account_count,
        choice=found.choice.tolist(),
        value=certificate.value,
        bound=certificate.bound,
        gap=certificate.gap,
        used=[cap.used for cap in certificate.caps],
        slack=[cap.slack for cap in certificate.caps],
        prices=[cap.price for cap in certificate.caps],
        passes=certificate.passes,
    )


def _refused(problem: AllocationProblem, proof: Infeasibility) -> AllocateProblemOutcome:
    places = {cap.name: place for place, cap in enumerate(problem.caps)}
    return AllocateProblemOutcome(
        status=AllocationStatus.INFEASIBLE,
        accounts=problem.account_count,
        infeasibility=InfeasibilityRow(
            kind=proof.kind,
            caps=tuple(
                ConflictingCap(
                    cap=places[cap.name],
                    bound=cap.bound,
                    used=cap.used,
                    over=cap.used - cap.bound,
                    weight=cap.weight,
                )
                for cap in proof.caps
            ),
            least_weighted=proof.least_weighted,
            most_weighted=proof.most_weighted,
            message=str(proof),
        ),
    )


def _read(path: Path) -> AllocationProblem:
    try:
        with path.open("rb") as file:  # an archive that is torn would be left open otherwise
            loaded = np.load(file, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise InputError(f"{path} holds one array; save the arrays with numpy.savez")
            arrays = {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise InputError(f"{path} is not there; name a file written by numpy.savez") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is no NumPy archive of plain arrays ({error}); write it with numpy.savez"
        ) from None
    try:
        return _problem(arrays)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None


def _problem(arrays: Mapping[str, npt.NDArray[np.generic]]) -> AllocationProblem:
    missing = [name for name in ("profit", "weights", "caps", "allowed") if name not in arrays]
    if missing:
        raise ValueError(f"array {missing[0]!r} is missing; it holds {', '.join(arrays) or 'none'}")
    numbers = {name: _numbers(arrays, name) for name in ("profit", "weights", "caps", "allowed")}
    allowed = numbers["allowed"]
    if not np.isin(allowed, (0, 1)).all():
        raise ValueError("allowed: every place is true or false, 1 or 0")
    ids, preferred = arrays.get("account_id"), arrays.get("preferred")
    problem = written_out_problem(
        numbers["profit"],
        numbers["weights"],
        numbers["caps"],
        allowed.astype(np.bool_),
        account_id=None if ids is None else ids.astype(np.str_),
        preferred=None if preferred is None else _whole(preferred),
    )
    problem.in_order()  # refuses an account id that occurs twice
    return problem


def _numbers(arrays: Mapping[str, npt.NDArray[np.generic]], name: str) -> npt.NDArray[np.float64]:
    if arrays[name].dtype.kind not in _NUMBERS:
        raise ValueError(f"{name}: {arrays[name].dtype} are not numbers")
    return arrays[name].astype(np.float64)


def _whole(preferred: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    if preferred.dtype.kind not in "iu":
        raise ValueError(f"preferred: {preferred.dtype} are not places of candidates")
    return preferred.astype(np.int64)
