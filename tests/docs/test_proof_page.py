"""The verifier that the documents print checks a proof, and misses nothing it says it checks."""

import json
import re
import subprocess
import sys

import pytest

from credit_limits.domain.digest import canonical_json
from tests.conftest import ROOT
from tests.unit.test_proof_check import ROOT as MERKLE_ROOT
from tests.unit.test_proof_check import proof

PAGE = ROOT / "docs" / "how-to" / "prove-a-decision.md"


@pytest.fixture
def checked(tmp_path):
    (script,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "check.py").write_text(script, encoding="utf-8")

    def run(content: dict) -> subprocess.CompletedProcess[str]:
        (tmp_path / "proof.json").write_bytes(canonical_json(content))
        return subprocess.run(
            [sys.executable, "-I", "check.py", "proof.json", MERKLE_ROOT],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_printed_verifier_agrees_with_ours(checked):
    content = json.loads(proof())
    assert checked(content).stdout == "proven: d2\n"
    for part, said in (
        ("decision", "not under this root"),
        ("payload", "does not hold this root"),
        ("entry", "entry was altered"),
    ):
        done = checked(content | {part: {**content[part], "actor": "someone else"}})
        assert done.returncode == 1
        assert said in done.stderr


def test_exit_codes_on_the_page_are_those_of_the_errors():
    from credit_limits.domain.errors import DecisionChanged, ProofBroken
    from tidegate.operations.remade_decisions import Part

    text = PAGE.read_text(encoding="utf-8")
    assert f"exits with {ProofBroken.exit_code};" in text
    assert f"exits with {DecisionChanged.exit_code}:" in text
    named = re.findall(r"^\| ([a-z, ]+) \| ", text, re.MULTILINE)
    assert {word for row in named[1:] for word in row.split(", ")} == {str(part) for part in Part}
