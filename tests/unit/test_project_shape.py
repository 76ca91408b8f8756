"""The project as a whole: importing has no effect, nothing foreign is named, the wheel is whole."""

import re
import subprocess
import sys
import zipfile

from tests.conftest import ROOT

PACKAGES = ("credit_limits", "training", "monitoring", "feature_repo", "tidegate", "flows")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.split()


def test_importing_every_module_leaves_no_trace(tmp_path):
    script = (
        "import importlib, os, pkgutil, sys, logging\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "environment = {k: v for k, v in os.environ.items() if k.startswith('TIDEGATE')}\n"
        f"for name in {PACKAGES!r}:\n"
        "    package = importlib.import_module(name)\n"
        "    for module in pkgutil.walk_packages(package.__path__, name + '.'):\n"
        "        if '.migrations' not in module.name and '__main__' not in module.name:\n"
        "            importlib.import_module(module.name)\n"
        "after = {k: v for k, v in os.environ.items() if k.startswith('TIDEGATE')}\n"
        "assert environment == after\n"
        "print('imported')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("imported"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_starts_without_heavy_tools():
    tools = ("prefect", "mlflow", "feast", "great_expectations", "evidently", "matplotlib")
    script = f"import sys, tidegate.cli; sys.exit(', '.join(set({tools}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "", f"importing tidegate.cli imports {done.stderr}"


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    hosts = ("py" + "pi.org", "python" + "hosted", "registry.npm" + "js")
    path = re.compile(r"(?:^|[^\w.])/(?:work|root|farm)/[a-z]")
    for name in tracked():
        file = ROOT / name
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="ignore")
        assert not any(host in text for host in hosts), name
        assert not path.search(text), name


def test_the_lock_has_a_hash_for_every_package():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = [number for number, line in enumerate(lines) if "==" in line and line[0] != " "]
    assert len(pinned) > 100
    for number in pinned:
        assert "--hash=sha256:" in lines[number + 1], lines[number]


def test_no_module_is_a_drawer_of_odds_and_ends():
    drawers = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert not [name for name in tracked() if name.rsplit("/", 1)[-1] in drawers]


def test_the_wheel_holds_every_package_and_what_they_read(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for package in PACKAGES:
        assert f"{package}/__init__.py" in names
    for suffix in (".sql", ".html.j2", "0001_ledger.py", "feature_store.yaml"):
        assert any(name.endswith(suffix) for name in names), f"the wheel has no {suffix}"
    assert not [name for name in names if name.startswith(("tests/", "policies/", "var/"))]
