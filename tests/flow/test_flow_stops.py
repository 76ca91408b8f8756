"""A step that fails ends its flow: what follows does not run, and Prefect says which it was."""

import pyarrow.parquet as pq
import pytest

from credit_limits.domain.errors import BatchRefused, DataMissing, NoCertifiedChampion
from credit_limits.ledger.entry import EntryKind
from tidegate.operations.generate_world import GenerateWorldRequest, generate_world


@pytest.fixture(scope="module")
def truncated(new_cycle, tmp_path_factory):
    """A cycle on a portfolio whose file of statements has no row, and what it said."""
    world = tmp_path_factory.mktemp("truncated") / "world"
    generate_world(GenerateWorldRequest(customers=50, months=3, out=world))
    statements = pq.read_table(world / "statements.parquet")
    pq.write_table(statements.slice(0, 0), world / "statements.parquet")
    cycle = new_cycle()
    return cycle, cycle.run("run_cycle", "--data", str(world), "--source", "world")


def test_a_refused_batch_ends_the_cycle_before_any_feature(truncated):
    cycle, run = truncated
    assert run.returncode == BatchRefused.exit_code, run.stderr
    assert "statements" in run.stderr
    assert "Traceback" not in run.stderr
    assert cycle.kinds() == [EntryKind.BATCH_REFUSED]
    assert cycle.platform.lake.versions() == {}


def test_the_last_line_is_that_of_the_failed_step(truncated):
    _, run = truncated
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["prepare", "ingest"]
    assert run.stdout.splitlines()[-1].endswith("failed")


def test_prefect_shows_the_failed_step_and_none_after_it(truncated):
    cycle, _ = truncated
    tasks = cycle.ask_prefect("task_runs")
    (failed,) = (run for run in cycle.ask_prefect("flow_runs") if _ends_with_ingest(run, tasks))
    assert failed["state_name"] == "Failed"


def _ends_with_ingest(flow_run, tasks):
    states = {
        task["name"].rsplit("-", 1)[0]: task["state_name"]
        for task in tasks
        if task["flow_run_id"] == flow_run["id"]
    }
    return states == {"prepare-source": "Completed", "ingest-batch": "Failed"}


@pytest.mark.parametrize(
    ("flow", "error"),
    [("materialize_features", DataMissing), ("adjust_limits", NoCertifiedChampion)],
)
def test_a_flow_that_lacks_what_comes_before_it_says_so(new_cycle, flow, error):
    run = new_cycle().run(flow, "--as-of", "2024-02-29")
    assert run.returncode == error.exit_code
    assert run.stderr.startswith(f"{error.__name__}: ")
    assert "Traceback" not in run.stderr
