"""``tidegate up``: the servers, and the runner that carries out what is started in them."""

import typer

from tidegate.cli.invocation import JsonFlag, show, working


def up(*, as_json: JsonFlag = False) -> None:
    """Start the Prefect and MLflow servers and a runner on this machine.

    Serves until Ctrl-C. In the Prefect UI every flow has a form to start it with; the MLflow UI
    has the models. With --json the addresses are printed once both servers answer.
    """
    from tidegate.adapters import orchestrator
    from tidegate.adapters.child_process import HOST
    from tidegate.adapters.settings import load_settings

    with working():
        settings = load_settings()
        if not as_json:
            orchestrator.up(settings, announce=typer.echo)
            return
        addresses = {
            "prefect": f"http://{HOST}:{settings.prefect_port}",
            "mlflow": f"http://{HOST}:{settings.mlflow_port}",
            "logs": str(settings.logs_dir),
        }
        waiting = [addresses]

        def announce_once() -> bool:
            if waiting:
                show(waiting.pop(), (), as_json=True)
            return False

        orchestrator.up(
            settings, until=announce_once, announce=lambda text: typer.echo(text, err=True)
        )
