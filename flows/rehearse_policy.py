"""rehearse-policy: the whole platform, month by month, in a portfolio with known truth."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("rehearse_policy")

from prefect import flow, task

from flows import publishing
from flows.steps import say
from tidegate.operations import rehearse_policy as operation
from tidegate.operations.platform import open_platform
from tidegate.operations.rehearsal_course import MonthLine
from tidegate.operations.rehearse_policy import RehearsePolicyOutcome, RehearsePolicyRequest


@task(name="rehearse-policy")
def rehearse(request: RehearsePolicyRequest) -> RehearsePolicyOutcome:
    """Live the world under the platform and under each rival; a line a month."""
    months = request.seeds * (request.months + 1)
    lived = publishing.progress("rehearsal", "Months of the rehearsal", steps=months)

    def on_month(line: MonthLine) -> None:
        say(publishing.rehearsed_month(lived(line)))

    outcome = operation.rehearse_policy(open_platform(), request, on_month)
    shown = publishing.rehearsal(outcome)
    publishing.store(shown)
    say(f"{shown.summary}\nreport       {outcome.report}")
    return outcome


@flow(name="rehearse-policy")
def rehearse_policy(request: RehearsePolicyRequest) -> RehearsePolicyOutcome:
    """Rehearse a limit policy, in a scenario, beside its rivals."""
    return rehearse(request)
