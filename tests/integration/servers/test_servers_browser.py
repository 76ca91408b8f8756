"""In a browser, as a person would: start a training in Prefect's UI, find the model in MLflow's."""

import re
from collections.abc import Iterator

import pytest

from tidegate.operations.retrain_model import RetrainModelRequest

pytestmark = [pytest.mark.browser, pytest.mark.minutes]

PATIENCE_MS = 60_000
TRAINING_MS = 240_000


@pytest.fixture
def page(browser, tmp_path) -> Iterator:
    """A page that asks nothing of any other machine; what it showed last is kept as a picture."""
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.set_default_timeout(PATIENCE_MS)
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url))
    yield page
    page.screenshot(path=tmp_path / "last.png")
    page.close()
    assert [
        url for url in elsewhere if not re.match(r"(https?|wss?)://127\.0\.0\.1|data:|blob:", url)
    ] == []


@pytest.fixture(scope="module")
def trained(browser, served, tmp_path_factory) -> str:
    """Address of a `retrain-model` that was started by hand and watched until it was green."""
    page = browser.new_page(viewport={"width": 1400, "height": 1200})
    page.set_default_timeout(PATIENCE_MS)
    _open_form(page, served)
    name = page.locator("input[type=text]").first.input_value()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name=name).first.click()
    page.get_by_text("Completed", exact=True).first.wait_for(timeout=TRAINING_MS)
    page.screenshot(path=tmp_path_factory.mktemp("trained") / "run.png")
    url = page.url
    page.close()
    return url


def _open_form(page, served) -> None:
    page.goto(f"{served.prefect}/deployments")
    page.get_by_role("link", name="retrain-model", exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_role("button", name="Submit").wait_for()


def test_prefect_lists_every_deployment(page, served):
    page.goto(f"{served.prefect}/deployments")
    page.get_by_text("11 Deployments").wait_for()
    for name in ("ingest-batch", "retrain-model", "promote-model", "adjust-limits", "run-cycle"):
        assert page.get_by_role("link", name=name, exact=True).first.is_visible()


def test_the_form_shows_every_field_with_its_description(page, served):
    _open_form(page, served)
    for name, field in RetrainModelRequest.model_fields.items():
        page.get_by_text(name.replace("_", " ").title()).first.wait_for()
        page.get_by_text(field.description).first.wait_for()


def test_the_form_refuses_what_the_request_would(page, served):
    _open_form(page, served)
    page.locator("input[type=number]").first.fill("0")
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("0 is less than the minimum of 1").first.wait_for()
    assert "/run?" in page.url


def test_a_run_started_by_clicking_ends_green(trained, served):
    run = served.wait_for_run("retrain-model", "Completed", seconds=5)
    assert trained.split("/runs/flow-run/")[1].startswith(run["id"])


def test_what_a_run_shows_is_kept_as_artifacts(page, trained):
    page.goto(trained)
    page.get_by_text("Artifacts", exact=True).first.click()
    page.get_by_text("candidate", exact=True).first.click()
    page.get_by_text("default_risk version 1").first.wait_for()
    page.get_by_text("auc", exact=True).first.wait_for()


@pytest.mark.usefixtures("trained")
def test_promotion_and_decisions_follow_by_themselves(served):
    served.wait_for_run("promote-model", "Completed")
    served.wait_for_run("adjust-limits", "Completed")


@pytest.mark.usefixtures("trained")
def test_mlflow_shows_the_version_with_its_alias(page, served):
    page.goto(f"{served.mlflow}/#/models/default_risk")
    page.get_by_text("Version 1", exact=True).wait_for()
    page.get_by_text("@ challenger").first.wait_for()


@pytest.mark.usefixtures("trained")
def test_mlflow_shows_the_metrics_and_plots_of_the_version(page, served):
    page.goto(f"{served.mlflow}/#/models/default_risk/versions/1")
    page.locator('a[href*="/runs/"]').first.click()
    run = re.match(r".*/runs/[0-9a-f]{32}", page.url)[0]
    page.goto(run)
    page.get_by_text("auc", exact=True).first.wait_for()
    page.goto(f"{run}/artifacts")
    page.get_by_text("plots", exact=True).first.click()
    page.get_by_text("roc.png", exact=True).first.click()
    plot = page.locator('img[src^="blob:"]').first
    plot.wait_for()
    assert plot.evaluate("image => image.naturalWidth") > 300
