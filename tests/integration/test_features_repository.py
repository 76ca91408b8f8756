"""The feature repository as Python imports it and as Feast's own command line reads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import feature_repo
from credit_limits.domain.features import SERVICES, View
from tidegate.adapters.feature_store import FeatureStore, repo_config
from tidegate.adapters.settings import Settings

REPO = Path(feature_repo.__file__).parent
FEAST = Path(sys.executable).with_name("feast")
LOOK_AROUND = """
import importlib, logging, os, pathlib, sys
before = dict(os.environ), list(logging.getLogger().handlers)
for name in sys.argv[1:]:
    importlib.import_module(f"feature_repo.{name}")
assert (dict(os.environ), logging.getLogger().handlers) == before
print(sorted(path.name for path in pathlib.Path().rglob("*")))
"""


def run(*command, cwd, **environment):
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ
        | {"PYTHONPATH": str(REPO.parent), "PYTHONDONTWRITEBYTECODE": "1"}
        | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


@pytest.fixture
def feast_config(tmp_path):
    """The repository's own configuration, moved from var/ to a folder of this test."""
    written = yaml.safe_load((REPO / "feature_store.yaml").read_text(encoding="utf-8"))
    moved = yaml.safe_dump(written).replace("../var", str(tmp_path / "var"))
    path = tmp_path / "feature_store.yaml"
    path.write_text(moved, encoding="utf-8")
    (tmp_path / "var" / "features").mkdir(parents=True)
    return path


def test_importing_has_no_effect(tmp_path):
    modules = [path.stem for path in REPO.glob("*.py") if path.stem != "__init__"]
    assert {"definitions", "entities", "sources", "views", "services"} <= set(modules)
    assert run(sys.executable, "-c", LOOK_AROUND, *modules, cwd=tmp_path).strip() == "[]"


def test_the_file_for_the_command_line_says_what_the_adapter_says(feast_config, tmp_path):
    from feast.repo_config import load_repo_config  # after ours, which is how the project has it

    features_dir = tmp_path / "var" / "features"
    theirs = load_repo_config(features_dir, feast_config)
    assert theirs.model_dump() == repo_config(features_dir).model_dump()


def test_feasts_own_command_line_registers_the_same_definitions(feast_config, tmp_path):
    var_dir = tmp_path / "var"
    said = run(
        FEAST, "-c", REPO, "-f", feast_config, "apply", cwd=tmp_path, TIDEGATE_VAR_DIR=str(var_dir)
    )
    assert "profile" in said
    store = FeatureStore(Settings(var_dir=var_dir))
    views = {view.name: view for view in store._store.list_feature_views()}
    assert set(views) == set(map(str, View))
    assert views["macro"].batch_source.path == f"{var_dir}/features/macro/as_of=*.parquet"
    services = {service.name: service.tags for service in store._store.list_feature_services()}
    assert services == {s.name: {"schema_hash": store.schema_hash(s.name)} for s in SERVICES}
