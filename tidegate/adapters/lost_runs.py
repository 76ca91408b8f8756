"""Runs that ended with the machine: what the records call running, and nobody carries out."""

from tidegate.adapters.prefect_api import all_of, ask

_ALIVE = ("PENDING", "RUNNING", "CANCELLING")
_MESSAGE = "its runner ended before it did"


def crash_lost_runs(api_url: str, work_pool: str) -> int:
    """Mark every run of a pool as crashed that is not in an end state; how many there were.

    For the moment before the pool's only runner starts, when none of them can be alive: a run of
    a server that was killed would stay Running for ever, in a place that its deployment has once.
    The automation that watches heartbeats looks only at those sent since the server started.
    """
    lost = all_of(
        api_url,
        "flow_runs",
        flow_runs={"state": {"type": {"any_": list(_ALIVE)}}},
        work_pools={"name": {"any_": [work_pool]}},
    )
    for run in lost:
        state = {"type": "CRASHED", "name": "Crashed", "message": _MESSAGE}
        ask(
            api_url,
            "POST",
            f"flow_runs/{run['id']}/set_state",
            {"state": state},
            what=f"the end of run {run['name']}",
        )
    return len(lost)
