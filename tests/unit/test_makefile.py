"""Where `make run` keeps what it writes: a lender's files never beside a simulated portfolio."""

import os
import shutil
import subprocess

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.mark.parametrize(
    ("options", "named", "kept_in"),
    [
        ([], None, "var"),
        (["DATA=clients.csv"], None, "var/lender"),
        (["DATA=clients.csv"], "elsewhere", "elsewhere"),
        ([], "elsewhere", "elsewhere"),
    ],
)
def test_each_kind_of_portfolio_has_its_folder(tmp_path, options, named, kept_in):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$TIDEGATE_VAR_DIR" "$@"\n')
    python.chmod(0o755)
    # what a make around these tests was told is not for this one
    ours = ("TIDEGATE_VAR_DIR", "DATA", "SOURCE", "ARGS", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    if named:
        environment["TIDEGATE_VAR_DIR"] = named
    made = subprocess.run(
        ["make", "-s", "-o", ".venv/.installed", "run", f"BIN={tmp_path}", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    folder, module, flow, *rest = made.stdout.split()
    assert (folder, module, flow) == (kept_in, "-m", "flows.run_cycle")
    assert rest == (["--data", "clients.csv"] if options else [])
