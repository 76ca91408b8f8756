"""Commands on a platform of their own: what they print, where, and what they exit with."""

import json
import os
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from credit_limits.domain.errors import (
    DataMissing,
    InputError,
    MappingError,
    NoCertifiedChampion,
    ServerError,
    SettingsError,
)
from tests.conftest import ROOT
from tests.integration.report_ledger import CASH_LOAN, DAY, PAY_LATER, Story
from tidegate.cli import app
from tidegate.cli.summaries import summary_of
from tidegate.operations.announce import AnnounceOutcome
from tidegate.operations.generate_world import GenerateWorldOutcome
from tidegate.operations.ingest_batch import IngestBatchOutcome
from tidegate.operations.limits_outcome import AdjustLimitsOutcome
from tidegate.operations.materialize_features import MaterializeFeaturesOutcome
from tidegate.operations.promotion_outcome import PromoteModelOutcome
from tidegate.operations.retrain_model import RetrainModelOutcome
from tidegate.operations.roll_back_model import RollBackModelOutcome
from tidegate.operations.watch_outcome import WatchDriftOutcome
from tidegate.operations.watch_registry import WatchRegistryOutcome


@pytest.fixture
def run(settings, monkeypatch):
    """Run a command; exit code, standard output, standard error."""
    monkeypatch.setenv("TIDEGATE_VAR_DIR", str(settings.var_dir))
    monkeypatch.setenv("TIDEGATE_POLICIES_DIR", str(settings.policies_dir))
    monkeypatch.setenv("TIDEGATE_ACTOR", settings.actor)

    def invoke(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(words), prog_name="tidegate")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.stdout, result.stderr

    return invoke


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("ingest", "no-such-file.csv"), InputError, "no-such-file.csv"),
        (("ingest", "no-such-file.csv", "--source", "nowhere"), MappingError, "nowhere"),
        (("materialize",), DataMissing, "tidegate ingest"),
        (("retrain",), DataMissing, "tidegate ingest"),
        (("promote",), DataMissing, "tidegate ingest"),
        (("adjust",), DataMissing, "tidegate ingest"),
        (("watch",), DataMissing, "tidegate ingest"),
        (("report",), DataMissing, "tidegate ingest"),
        (("roll-back", "--version", "3", "--reason", "losses"), NoCertifiedChampion, "version 3"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_an_error_is_a_message_and_its_own_exit_code(run, words, error, said, as_json):
    code, out, err = run(*words, *as_json)
    assert code == error.exit_code
    assert out == ""
    assert f"{error.__name__}: " in err
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ingest",), "PATH"),
        (("roll-back", "--version", "3"), "--reason"),
        (("roll-back", "--version", "3", "--reason", ""), "--reason"),
        (("adjust", "--product", "mortgage"), "--product"),
        (("materialize", "--as-of", "31/10/2005"), "31/10/2005"),
        (("world", "generate", "out", "--customers", "0"), "--customers"),
        (("report", "--fast"), "--fast"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_command_typed_wrong_says_what_is_wrong(run, words, said):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert said in err


def tidegate(*words, **variables):
    return subprocess.run(
        [sys.executable, "-m", "tidegate", *words],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_where_the_folder_should_be_is_told_without_a_traceback(tmp_path):
    (tmp_path / "var").write_text("a file where a folder should be")
    done = tidegate("ledger", "verify", TIDEGATE_VAR_DIR=str(tmp_path / "var"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "control database" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unexpected_error_keeps_its_traceback(tmp_path):
    (tmp_path / "file").write_text("a file where a folder should be")
    done = tidegate("world", "generate", str(tmp_path / "file" / "world"), "--customers", "50")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback (most recent call last)" in done.stderr


def test_a_page_is_written_and_recognised(run, platform, settings):
    story = Story(platform)
    story.accounts()
    story.adjusted([*PAY_LATER, *CASH_LOAN])
    code, out, _ = run("report", "--as-of", str(DAY), "--json")
    assert code == 0
    path = settings.reports_dir / f"cycle-{DAY}.html"
    assert json.loads(out) == {
        "as_of": str(DAY),
        "path": str(path),
        "size_bytes": path.stat().st_size,
        "recognised": False,
    }
    code, out, _ = run("report", "--as-of", str(DAY))
    assert (code, out.splitlines()) == (
        0,
        [
            "recognised: this was done before, and nothing was written",
            f"report: {path}",
        ],
    )


def test_a_world_is_generated_and_recognised(run, tmp_path):
    words = ("world", "generate", str(tmp_path / "w"), "--customers", "30", "--months", "3")
    code, out, err = run(*words, "--json")
    assert code == 0
    assert "world_generated" in err
    first = json.loads(out)
    assert first["rows"]["customers"] >= 30
    code, out, _ = run(*words)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("recognised:")
    assert lines[-1] == f"next: tidegate ingest {tmp_path / 'w'} --source world"


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["text", "json"])
def test_servers_on_a_port_that_is_taken_are_refused(run, monkeypatch, as_json):
    monkeypatch.chdir(ROOT)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("TIDEGATE_PREFECT_PORT", str(port))
        code, out, err = run("up", *as_json)
    assert (code, out) == (ServerError.exit_code, "")
    assert str(port) in err


def test_servers_are_started_where_their_deployments_are(run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("up")
    assert (code, out) == (SettingsError.exit_code, "")
    assert "prefect.yaml" in err


def summary(operation, kind, payload) -> list[str]:
    return summary_of(operation, kind.model_validate(payload))


def test_summaries_tell_the_figures_and_the_next_step(platform):
    story = Story(platform)
    story.accounts()
    lines = summary("ingest_batch", IngestBatchOutcome, story.ingested().payload)
    assert "  customers   100        98            2" in lines
    assert "100 source lines read: 98 accepted, 2 in quarantine" in lines
    assert lines[-1] == "next: tidegate materialize"

    lines = summary("retrain_model", RetrainModelOutcome, story.trained().payload)
    assert "default_risk version 1, the challenger" in lines
    assert "  auc     0.7800  0.7700  0.7900" in lines
    assert lines[-1] == "next: tidegate promote"

    lines = summary("promote_model", PromoteModelOutcome, story.judged().payload)
    assert lines[0] == "default_risk version 1 cleared: it is the champion"
    assert "  performance  passed   auc_low is what it is" in lines
    assert lines[-1] == "next: tidegate adjust"

    refused = story.judged("2", cleared=False).payload
    lines = summary("promote_model", PromoteModelOutcome, refused)
    assert lines[0] == "default_risk version 2 refused: the champion stays"
    assert "  performance  refused  auc_low is what it is" in lines
    assert "tidegate retrain" in lines[-1]

    adjusted = story.adjusted(PAY_LATER).payload
    lines = summary("adjust_limits", AdjustLimitsOutcome, adjusted)
    assert "2 decisions in batch limits-1" in lines[0]
    assert "  exposure   10,000,000  9,000,000  1,000,000        0.0000" in lines
    assert f"Merkle root of the decisions: {'d4' * 32}" in lines

    lines = summary("watch_drift", WatchDriftOutcome, story.watched().payload)
    assert lines[0] == "drift: alarm, 2 of 5 columns moved, on 98 rows"
    assert [line.split()[:2] for line in lines[2:4]] == [
        ["score", "0.1200"],
        ["is_cash_loan", "absent"],
    ]
    assert lines[-1] == "next: tidegate report"


def test_what_leaves_no_batch_is_told_too():
    lines = summary(
        "materialize_features",
        MaterializeFeaturesOutcome,
        {
            "as_of": "2024-01-31",
            "feature_service": "default_risk_v1",
            "schema_hash": "5c" * 32,
            "snapshots": 12,
            "snapshots_computed": 3,
            "rows": 2400,
            "views": {"profile": 1200, "repayment": 1200},
            "data_versions": {},
        },
    )
    assert "  profile    1,200" in lines
    assert "12 snapshots, 3 of them computed now" in lines
    assert lines[-1].endswith("--as-of 2024-01-31 --feature-service default_risk_v1")
    lines = summary(
        "roll_back_model",
        RollBackModelOutcome,
        {
            "model_name": "default_risk",
            "version": "1",
            "previous_champion": "2",
            "certificate_digest": "c1" * 32,
            "reason": "losses",
            "recognised": True,
        },
    )
    assert lines[0].startswith("recognised:")
    assert lines[1] == "default_risk version 1 is the champion again"
    lines = summary("generate_world", GenerateWorldOutcome, {"path": "w", "rows": {"macro": 24}})
    assert lines == ["a world in w", "  table  rows", "  macro    24", lines[-1]]


def test_what_was_found_in_the_registry_and_what_was_announced_is_told():
    watched = {
        "model_name": "default_risk",
        "requested": ["3"],
        "unknown": [{"version": "2", "value": "please"}],
        "alias_version": "2",
        "certified_version": None,
        "moved": [{"finding": "moved by hand", "ledger_entry": 7}],
    }
    lines = summary("watch_registry", WatchRegistryOutcome, watched)
    assert lines == [
        "champion of default_risk by the ledger: none; by the alias: 2",
        "moved by hand",
        "version 2: the tag promotion=please means nothing, left alone",
        "next: tidegate promote --version 3",
    ]
    told = {
        "notice_id": "n1",
        "event": "tidegate.batch.late",
        "subject": "tidegate.source.world",
        "text": "No batch.",
        "facts": {},
        "withheld": ["customer_id"],
        "posted": True,
    }
    lines = summary("announce", AnnounceOutcome, told)
    assert lines == ["notice n1 posted to the webhook", "No batch.", "withheld: customer_id"]
