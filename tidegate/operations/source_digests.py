"""Digests of the platform's own code, so that an artefact can say by which code it was made."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path

from credit_limits.domain.digest import digest_bytes, digest_of

_SUFFIXES = (".py", ".sql")
_DECIDING = (
    "credit_limits.decisions",
    "credit_limits.decisions_at_prices",
    "credit_limits.domain",
    "credit_limits.explanation.reasons",
    "credit_limits.policy",
    "credit_limits.portfolio_problem",
    "feature_repo",
    "tidegate.operations.decision_inputs",
    "tidegate.operations.decision_rows",
    "tidegate.operations.limit_state",
    "tidegate.operations.macro_overlay",
    "tidegate.operations.past_due_links",
    "tidegate.operations.rule_book",
    "tidegate.operations.rule_rows",
    "training.calibration",
    "training.model",
)
_DECIDING_LIBRARIES = ("duckdb", "lightgbm", "numpy", "pandas", "pyarrow", "sqlglot")
_SOLVING = ("credit_limits.allocation",)
_SOLVING_LIBRARIES = ("highspy", "numba", "numpy")


@cache
def deciding_code_digest() -> str:
    """Digest of what makes features, scores, permissions and reasons of a decision."""
    return _digest(_DECIDING, _DECIDING_LIBRARIES)


@cache
def solver_digest() -> str:
    """Digest of what allocates limits under the caps."""
    return _digest(_SOLVING, _SOLVING_LIBRARIES)


def source_digests(name: str) -> dict[str, str]:
    """The digest of every source file of a module or package, by its path in it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    origin = Path(spec.origin)
    if not spec.submodule_search_locations:
        return {name: digest_bytes(origin.read_bytes())}
    root = origin.parent
    return {
        f"{name}/{path.relative_to(root).as_posix()}": digest_bytes(path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.suffix in _SUFFIXES
    }


def _digest(names: Iterable[str], libraries: Iterable[str]) -> str:
    sources = {path: each for name in names for path, each in source_digests(name).items()}
    return digest_of(
        {"sources": sources, "libraries": {name: installed_version(name) for name in libraries}}
    )
