"""The gate attacked by the thousand: how much was tried, and how much of it moved anything.

    python -m benchmarks.gate_fuzz [--evidence 3000] [--bypasses 20] [--seed 7] [--json]

First, random subsets of failing, missing and corrupted evidence go through ``judge``: none may be
cleared. Then a small installation is built, with a champion and a version that the gate refuses,
and copies of it are tampered with in every way of ``benchmarks.gate_bypasses`` and
``benchmarks.gate_override_bypasses``. Of each attempt it
is asked whether another version would be handed out as champion, and whether the refused one would
be promoted; of the first of each kind, whether the real promotion and the real adjustment of
limits, run after it, move the champion or a limit. Leaves with 1 unless nothing moved.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import structlog

from benchmarks.gate_bypasses import BYPASSES, Attack, Bypass
from benchmarks.gate_installation import (
    CHAMPION_VERSION,
    MODEL,
    REFUSED_VERSION,
    Installation,
    build,
)
from benchmarks.gate_override_bypasses import OVERRIDE_BYPASSES, evidence_with_people
from credit_limits.domain.errors import TidegateError
from credit_limits.gates.evidence import Evidence, PeopleEvidence
from credit_limits.gates.thresholds import GateThresholds, parse_thresholds
from credit_limits.gates.verdict import Cleared, judge
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import crownings, load_champion, standing_champion
from tidegate.operations.grounds import grounds_of
from tidegate.operations.overrides import overrides_of
from tidegate.operations.platform import Platform
from tidegate.operations.platform_key import platform_signer
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.thresholds_history import judging_day

_NO_FIGURE = (None, float("nan"), float("inf"), float("-inf"), "", "0.9")
_NO_COLLECTION = (None, ())
_KINDS = ("missing", "corrupted", "failing")
ALL_BYPASSES: Mapping[str, Bypass] = {**BYPASSES, **OVERRIDE_BYPASSES}


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried of a kind: how often, how often it moved something, how often it crashed.

    A crash moves nothing, and is counted since it should have been a refusal with its reason.
    """

    kind: str
    tried: int
    moved: int
    crashed: int


def fuzz_evidence(
    good: Evidence, thresholds: GateThresholds, day: date, *, tries: int, seed: int
) -> list[Tried]:
    """Judge ``tries`` random spoilings of evidence that clears, by kind.

    Raises ``ValueError`` where the evidence does not clear unspoiled, since then nothing is shown.
    """
    verdict = judge(good, thresholds, day)
    if not isinstance(verdict, Cleared):
        raise ValueError("the evidence does not clear before it is spoiled")
    needed = [check.check.value for check in verdict.checks if check.passed]
    draw = random.Random(seed)
    counts = {kind: [0, 0, 0] for kind in (*_KINDS, "mixed")}
    for _ in range(tries):
        kinds = draw.sample(_KINDS, draw.choice((1, 1, 2, 3)))
        count = counts[kinds[0] if len(kinds) == 1 else "mixed"]
        count[0] += 1
        try:
            spoiled, bounds = _spoiled(good, thresholds, needed, kinds, draw)
            count[1] += isinstance(judge(spoiled, bounds, day), Cleared)
        except Exception:  # whatever a check raises on spoiled evidence is counted
            count[2] += 1
    return [Tried(f"evidence {kind}", *count) for kind, count in counts.items()]


def attack(
    installation: Installation,
    folder: Path,
    *,
    tries: int,
    seed: int,
    bypasses: Mapping[str, Bypass] = ALL_BYPASSES,
    whole: bool = True,
) -> list[Tried]:
    """Try every bypass ``tries`` times on copies under ``folder``.

    With ``whole`` the first of each kind ends in a real promotion and adjustment.
    """
    found = []
    for kind, bypass in bypasses.items():
        moved = crashed = 0
        for number in range(tries):
            place = folder / f"{kind.replace(' ', '_')}-{number}"
            draw = random.Random(f"{seed} {kind} {number}")
            attacked = Attack(installation, installation.copy(place), draw)
            try:
                bypass(attacked)
                moved += _moved(attacked, whole=whole and number == 0)
            except TidegateError:
                pass  # refused while it was tampered with
            except Exception as error:  # counted, and said
                crashed += 1
                print(f"{kind}: {error!r}", file=sys.stderr)
            finally:
                installation.heal()
        found.append(Tried(kind, tries, moved, crashed))
    return found


def _moved(attacked: Attack, *, whole: bool) -> bool:
    """Whether the refused version would decide, or would be promoted."""
    if _refused(lambda: _another_champion(attacked)) is True:
        return True
    if _refused(lambda: _would_be_promoted(attacked)) is True:
        return True
    return whole and _really_moved(attacked)


def _refused(question: Callable[[], bool]) -> bool | None:
    """The answer, None where the platform refuses to give one."""
    try:
        return question()
    except TidegateError:
        return None


def _another_champion(attacked: Attack) -> bool:
    champion = load_champion(attacked.platform, MODEL)
    certified = attacked.installation.artefact_digest
    return (
        champion.version != CHAMPION_VERSION
        or champion.loaded.model.artefact_digest != certified
        or champion.certificate.artefact_digest != certified
    )


def _would_be_promoted(attacked: Attack) -> bool:
    """What a promotion of the refused version would come to, on the evidence gathered before."""
    platform = attacked.platform
    platform.ledger.verify()
    as_of = attacked.as_of or platform.lake.latest_knowledge()
    loaded = platform.registry.load(MODEL, REFUSED_VERSION)
    candidate = Candidate(platform, loaded, as_of, standing_champion(platform, MODEL))
    day = judging_day(platform, as_of)
    gates = load_dated(platform.policies("gates", MODEL), day)
    evidence = evidence_with_people(attacked, candidate, gates)
    thresholds = parse_thresholds(gates.version, gates.content)
    overrides = overrides_of(candidate, gates, judge(evidence, thresholds, day))
    verdict = judge(evidence, thresholds, day, overrides)
    if not isinstance(verdict, Cleared):
        return False
    grounds_of(candidate, gates, evidence, day)
    platform_signer(platform)
    return True


def _really_moved(attacked: Attack) -> bool:
    """Run the promotion and the adjustment, and see who is champion and who decided."""
    platform = attacked.platform
    before = [entry.digest for entry in _crownings(platform)]
    request = PromoteModelRequest(version=REFUSED_VERSION, as_of=attacked.as_of)
    cleared = _refused(lambda: promote_model(platform, request).cleared)
    _refused(lambda: bool(adjust_limits(platform, AdjustLimitsRequest()).batch_id))
    promoted = [entry.digest for entry in _crownings(platform)] != before
    return bool(cleared) or promoted or bool(_decided_by_another(attacked.installation))


def _crownings(platform: Platform) -> list[Any]:
    try:
        return crownings(platform, MODEL)
    except TidegateError:
        return []


def _decided_by_another(installation: Installation) -> int:
    with installation.platform.lake.connect(tables=["decisions"]) as connection:
        rows = connection.execute(
            "SELECT count(*) FROM decisions WHERE model_version <> ?", [CHAMPION_VERSION]
        ).fetchone()
    return int(rows[0]) if rows else 0


def _spoiled(
    good: Evidence,
    thresholds: GateThresholds,
    needed: list[str],
    kinds: list[str],
    draw: random.Random,
) -> tuple[Evidence, GateThresholds]:
    """The evidence without, or with wrecked, pieces; or bounds that its figures do not meet."""
    spoiled, bounds, exempt = good, thresholds, frozenset(thresholds.stability.not_judged)
    if "missing" in kinds:
        names = draw.sample(needed, draw.randint(1, len(needed)))
        spoiled = replace(spoiled, **dict.fromkeys(names))
    if "corrupted" in kinds:
        for _ in range(draw.randint(1, 4)):
            where = [path for path in _places(spoiled, exempt) if path[0] in needed]
            if where:
                spoiled = _put(spoiled, draw.choice(where), draw)
    if "failing" in kinds:
        for name in draw.sample(needed, draw.randint(1, 3)):
            bounds = _out_of_reach(bounds, name)
    return spoiled, bounds


def _out_of_reach(thresholds: GateThresholds, check: str) -> GateThresholds:
    """Every bound of a check where no figure lies, so that its evidence fails it."""
    section = getattr(thresholds, check)
    far = {}
    for item in fields(section):
        bound = getattr(section, item.name)
        if is_dataclass(bound) and hasattr(bound, "value") and not isinstance(bound, type):
            value = 1e300 if item.name.endswith("_floor") else -1e300
            far[item.name] = replace(bound, value=value)
    return replace(thresholds, **{check: replace(section, **far)})


def _places(
    value: object, exempt: frozenset[str], path: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """The path of every figure that a check judges, and of every collection, within a value.

    ``exempt`` columns are measured and not judged; an empty collection has nothing to take away.
    """
    if getattr(value, "column", None) in exempt:
        return
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from _places(getattr(value, item.name), exempt, (*path, item.name))
    elif isinstance(value, tuple):
        if value:
            yield path
        for place, item in enumerate(value):
            yield from _places(item, exempt, (*path, place))
    elif isinstance(value, int | float) and path[-1] not in _SHOWN_ALONE:
        yield path


_SHOWN_ALONE = ("version", "promotions_in_ledger")
"""Figures of evidence that no check compares with anything."""


def _put(value: Any, path: tuple[Any, ...], draw: random.Random) -> Any:  # noqa: ANN401  # any value
    if not path:
        return draw.choice(_NO_COLLECTION if isinstance(value, tuple) else _NO_FIGURE)
    head, *rest = path
    if isinstance(value, tuple):
        return (*value[:head], _put(value[head], tuple(rest), draw), *value[head + 1 :])
    return replace(value, **{head: _put(getattr(value, head), tuple(rest), draw)})


def main() -> int:
    """Build, attack, print; 0 where nothing moved and nothing crashed."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    arguments.add_argument("--evidence", type=int, default=3000, help="spoilings of evidence")
    arguments.add_argument("--bypasses", type=int, default=20, help="attempts of each kind")
    arguments.add_argument("--seed", type=int, default=7, help="of everything drawn at random")
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = arguments.parse_args()
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent())])
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        installation = build(Path(folder) / "installation")
        platform = installation.platform
        known = platform.lake.latest_knowledge()
        first = load_dated(platform.policies("gates", MODEL), date(2005, 1, 1))
        thresholds = parse_thresholds(first.version, first.content)
        evidence = _nobody_asked(installation)
        found = fuzz_evidence(evidence, thresholds, known, tries=chosen.evidence, seed=chosen.seed)
        found += attack(
            installation, Path(folder) / "copies", tries=chosen.bypasses, seed=chosen.seed
        )
    return _show(found, time.perf_counter() - begun, as_json=chosen.json)


def _nobody_asked(installation: Installation) -> Evidence:
    """The evidence of the refused version as it was under the first thresholds."""
    people = PeopleEvidence((), 0, "scheduler", (), ())
    return replace(installation.evidence, people=people, absences=())


def _show(found: list[Tried], seconds: float, *, as_json: bool) -> int:
    tried, moved = sum(each.tried for each in found), sum(each.moved for each in found)
    crashed = sum(each.crashed for each in found)
    if as_json:
        rows = [asdict(each) for each in found]
        print(json.dumps({"kinds": rows, "tried": tried, "moved": moved, "seconds": seconds}))
    else:
        print(f"{'kind':28}{'tried':>8}{'moved':>8}{'crashed':>9}")
        for each in found:
            print(f"{each.kind:28}{each.tried:>8,}{each.moved:>8,}{each.crashed:>9,}")
        print(f"{'all':28}{tried:>8,}{moved:>8,}{crashed:>9,}")
        print(f"{seconds:.0f} s; limits or champions moved: {moved}")
    return 1 if moved or crashed else 0


if __name__ == "__main__":
    raise SystemExit(main())
