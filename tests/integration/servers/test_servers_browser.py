"""In a browser, as a person would: start a training in Prefect's UI, find the model in MLflow's,
ask for its promotion there; and move its alias, as one should not."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from credit_limits.ledger.entry import EntryKind
from tidegate.operations.platform import open_platform
from tidegate.operations.retrain_model import RetrainModelRequest

pytestmark = [pytest.mark.browser, pytest.mark.minutes]

PATIENCE_MS = 60_000
TRAINING_SECONDS = 240.0
# Prefect draws the graph of a run anew for each picture of the screen, without a graphics card.
FEW_PICTURES = "requestAnimationFrame = draw => setTimeout(() => draw(performance.now()), 100)"


@pytest.fixture(scope="module")
def tab(browser) -> Iterator[Page]:
    """The one page in which all is done, so that each UI is loaded once; it asks nothing of any
    other machine."""
    context = browser.new_context(viewport={"width": 1400, "height": 1200})
    context.add_init_script(FEW_PICTURES)
    elsewhere: list[str] = []
    context.on("request", lambda request: elsewhere.append(request.url))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()
    assert [
        url for url in elsewhere if not re.match(r"(https?|wss?)://127\.0\.0\.1|data:|blob:", url)
    ] == []


def emptied(tab) -> Page:
    """The page with nothing in it, so that what comes next is loaded, not taken as it stands."""
    tab.goto("about:blank")
    return tab


@pytest.fixture
def page(tab, tmp_path) -> Iterator[Page]:
    """The page for one test; what it showed last is kept as a picture. Left open, it would go on
    drawing and asking."""
    yield emptied(tab)
    tab.screenshot(path=tmp_path / "last.png")
    emptied(tab)


@pytest.fixture(scope="module")
def trained(tab, served, tmp_path_factory) -> str:
    """Address of a `retrain-model` that was started by hand and is seen green when it has ended.

    It is not watched meanwhile: the moving picture of a run costs as much as the training."""
    page = emptied(tab)
    _open_form(page, served)
    name = page.locator("input[type=text]").first.input_value()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name=name).first.click()
    page.wait_for_url("**/runs/flow-run/*")
    url = page.url
    emptied(tab)
    served.wait_for_run("retrain-model", "Completed", seconds=TRAINING_SECONDS)
    page.goto(url)
    page.get_by_text("Completed", exact=True).first.wait_for()
    page.screenshot(path=tmp_path_factory.mktemp("trained") / "run.png")
    emptied(tab)
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
    page.locator('a[href*="/runs/"]:not([target="_blank"])').first.click()
    run = re.match(r".*/runs/[0-9a-f]{32}", page.url)[0]
    page.goto(run)
    page.get_by_text("auc", exact=True).first.wait_for()
    page.goto(f"{run}/artifacts")
    page.get_by_text("plots", exact=True).first.click()
    page.get_by_text("roc.png", exact=True).first.click()
    plot = page.locator('img[src^="blob:"]').first
    plot.wait_for()
    assert plot.evaluate("image => image.naturalWidth") > 300


def ended(served, flow: str) -> list[dict]:
    """Runs that somebody or something has started, and that have completed."""
    return [run for run in served.runs(flow) if run["state_type"] == "COMPLETED"]


@pytest.fixture(scope="module")
def asked_for(tab, trained, served, tmp_path_factory) -> dict:
    """The run that a tag set by hand in MLflow's UI has led to, once all that follows has ended."""
    assert trained
    served.wait_for_run("adjust-limits", "Completed")
    page = emptied(tab)
    page.goto(f"{served.mlflow}/#/models/default_risk/versions/1")
    row = page.locator('tr[data-row-key="promotion"]')  # of the promotion after the training
    row.get_by_test_id("editable-table-button-edit").click()
    row.get_by_test_id("editable-table-edited-input").fill("requested")
    row.get_by_test_id("editable-table-button-save").click()
    row.get_by_text("requested", exact=True).wait_for()
    page.screenshot(path=tmp_path_factory.mktemp("asked") / "tag.png")
    emptied(tab)
    served.start("watch-registry")

    def promoted() -> list[dict]:
        runs = ended(served, "promote-model")
        return [run for run in runs if run["parameters"]["request"].get("version") == "1"]

    run = served.wait_until(promoted, "promotion", seconds=120)[0]

    def followed() -> bool:
        return len(ended(served, "adjust-limits")) >= len(ended(served, "promote-model"))

    served.wait_until(followed, "decisions after each promotion", seconds=120)
    return run


def test_a_tag_set_in_mlflow_starts_the_promotion_of_that_version(asked_for):
    assert asked_for["created_by"]["display_value"] == "promote on request"
    assert asked_for["parameters"]["request"] == {"model_name": "default_risk", "version": "1"}


@pytest.mark.usefixtures("asked_for")
def test_mlflow_shows_what_the_promotion_came_to_and_leads_to_its_evidence(page, served):
    page.goto(f"{served.mlflow}/#/models/default_risk/versions/1")
    page.get_by_role("heading", name="Gate", exact=True).wait_for()
    page.get_by_text("The gate says cleared").wait_for()
    checks = page.get_by_role("row").filter(has_text="passed")
    assert "auc_low" in checks.filter(has_text="performance").first.inner_text()
    assert "cleared" in page.locator('tr[data-row-key="promotion"]').inner_text()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="verdict").click()
    popup.value.get_by_text("gate/verdict.json").first.wait_for()
    popup.value.get_by_text('"thresholds_version"').first.wait_for()
    popup.value.close()


@pytest.fixture(scope="module")
def moved(asked_for, served) -> Iterator[dict]:
    """The `adjust-limits` that came after the alias was moved, with MLflow's client, to a copy."""
    from mlflow import MlflowClient

    assert asked_for
    client = MlflowClient(served.mlflow, served.mlflow)
    first = client.get_model_version("default_risk", "1")
    store = MlflowClient(served.settings.mlflow_uri)  # its server takes no path of this machine
    copy = store.create_model_version("default_risk", first.source, first.run_id)
    client.set_registered_model_alias("default_risk", "champion", copy.version)
    run = served.start("adjust-limits")
    yield served.wait_for_run("adjust-limits", "Failed") | {"id": run}
    client.set_registered_model_alias("default_risk", "champion", "1")
    client.delete_model_version("default_risk", copy.version)


def test_an_alias_moved_by_hand_is_refused_and_announced(moved, served):
    assert "NoCertifiedChampion" in moved["state"]["message"]

    def told() -> list[dict]:
        notices = served.webhook.notices("tidegate.champion.not-certified")
        return [notice for notice in notices if notice["facts"].get("run") == moved["id"]]

    (notice,) = served.wait_until(told, "notice", seconds=120)
    assert "the last certified champion is version 1" in notice["text"]

    def recorded() -> list[dict]:
        entries = open_platform(served.settings).ledger.entries(EntryKind.NOTICE_SENT)
        payloads = [dict(entry.payload) for entry in entries]
        return [each for each in payloads if each["notice_id"] == notice["notice_id"]]

    (payload,) = served.wait_until(recorded, "entry of the ledger")
    assert payload["facts"] == notice["facts"]
