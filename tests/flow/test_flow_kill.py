"""SIGKILL in each step, the same command again: the end is that of a run nobody touched."""

import re
import time

import pytest

from tests.flow_cycles import LINE, STEPS, TINY

pytestmark = pytest.mark.minutes

PATIENCE_SECONDS = 240.0


def run_killed_in(cycle, step: str, seconds: float) -> str:
    """Start the cycle, kill it ``seconds`` after ``step`` began; what it had printed by then."""
    command = cycle.start("run_cycle", *TINY)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not re.search(rf"^{step}\b", command.stdout, re.MULTILINE):
        assert command.running, command.stdout
        assert time.monotonic() < deadline, command.stdout
        time.sleep(0.01)
    time.sleep(seconds)
    return command.kill().stdout


def state_of(cycle):
    """All that a cycle leaves: what was noted, decided and stored, and who is champion."""
    platform = cycle.platform
    entries = platform.ledger.entries()
    return entries, cycle.decisions(), platform.lake.versions(), cycle.version_at("champion")


def test_a_run_killed_in_every_step_in_turn_ends_as_one_that_was_not(finished, new_cycle):
    seconds = {step: float(said) for step, _, said, _ in LINE.findall(finished.output)}
    killed = new_cycle()
    said = {step: run_killed_in(killed, step, seconds[step] / 3) for step in STEPS}
    interrupted = [step for step, text in said.items() if text.rstrip().endswith(step)]
    assert len(interrupted) > len(STEPS) / 2, said
    before = state_of(killed)
    run = killed.run("run_cycle", *TINY)
    assert run.returncode == 0, run.stdout + run.stderr
    _, decisions, versions, champion = state_of(finished.cycle)
    assert killed.kinds() == finished.cycle.kinds()
    assert killed.platform.ledger.verify() == len(finished.cycle.kinds())
    assert state_of(killed)[1:] == (decisions, versions, champion)
    # Only the report was left to do: the same cycle once more is recognised and changes nothing.
    assert state_of(killed) == before
    recognised = [step for step, *_, detail in LINE.findall(run.stdout) if "recognised" in detail]
    assert recognised[: len(STEPS) - 1] == STEPS[:-1]
