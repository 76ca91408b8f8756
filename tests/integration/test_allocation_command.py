"""``tidegate allocate``: a problem in a file, its answer as one JSON object, its refusals."""

import json

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from typer.testing import CliRunner

from credit_limits.domain.errors import AllocationInfeasible, InputError
from tidegate.cli import app

# holding earns nothing; raising uses 10 and earns 3, 5, 4; the cap has room for one
SMALL = {
    "profit": np.array([[0.0, 3.0], [0.0, 5.0], [0.0, 4.0]]),
    "weights": np.array([[[0.0, 10.0]] * 3]),
    "caps": np.array([19.0]),
    "allowed": np.ones((3, 2), bool),
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Solve these arrays; exit code, what is printed, and what goes to standard error."""
    monkeypatch.setenv("TIDEGATE_VAR_DIR", str(tmp_path / "var"))

    def invoke(arrays, *words):
        path = tmp_path / "problem.npz"
        if arrays is not None:
            np.savez(path, **arrays)
        result = CliRunner().invoke(app, ["allocate", "--problem", str(path), *words])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout, result.stderr

    return invoke


def test_the_answer_is_one_json_object(run, tmp_path):
    code, out, _ = run(SMALL, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["status"], told["choice"], told["value"]) == ("optimal", [0, 1, 0], 5.0)
    assert (told["used"], told["slack"]) == ([10.0], [9.0])
    assert told["gap"] == (told["bound"] - told["value"]) / abs(told["bound"]) == 0.0
    assert len(told["prices"]) == 1
    assert told["infeasibility"] is None
    assert not (tmp_path / "var").exists()


def test_a_summary_for_people(run):
    code, out, _ = run(SMALL)
    assert code == 0
    assert out.startswith("optimal: 3 accounts, value 5.00, bound 5.00, gap 0.0e+00")


def test_lower_bounds_and_ratios_are_caps_with_negative_weights(run):
    # at least one of the first two is raised, and the raises of the last are at most half of theirs
    both = np.array([[0.0, -10.0], [0.0, -10.0], [0.0, 0.0]])
    ratio = np.array([[0.0, -5.0], [0.0, -5.0], [0.0, 10.0]])
    weights = np.array([SMALL["weights"][0], both, ratio])
    loss = SMALL["profit"] - [[0.0, 9.0], [0.0, 9.0], [0.0, 0.0]]
    arrays = {"profit": loss, "weights": weights, "caps": np.array([30.0, -10.0, 0.0])}
    told = json.loads(run({**SMALL, **arrays}, "--json")[1])
    # raising the second loses 4, and the third may not follow it alone
    assert told["choice"] == [0, 1, 0]
    assert told["slack"][1] == 0.0


def test_one_cap_out_of_reach_is_named(run):
    code, out, _ = run({**SMALL, "caps": np.array([-1.0])}, "--json")
    told = json.loads(out)
    assert code == AllocationInfeasible.exit_code
    assert told["status"] == "infeasible"
    assert told["choice"] is None
    (cap,) = told["infeasibility"]["caps"]
    assert told["infeasibility"]["kind"] == "alone"
    assert (cap["cap"], cap["used"], cap["over"]) == (0, 0.0, 1.0)


def test_caps_in_conflict_come_with_the_proof(run):
    # together the caps allow 16 of what every choice uses 20 of
    used = np.array([[0.0, 10.0], [10.0, 0.0]])
    weights = np.array([used, 10.0 - used])
    arrays = {
        "profit": np.zeros((2, 2)),
        "weights": weights,
        "caps": np.array([8.0, 8.0]),
        "allowed": np.ones((2, 2), bool),
    }
    proof = json.loads(run(arrays, "--json")[1])["infeasibility"]
    assert proof["kind"] == "together"
    assert [cap["cap"] for cap in proof["caps"]] == [0, 1]
    multipliers = np.array([cap["weight"] for cap in proof["caps"]])
    least = (multipliers[:, None, None] * weights).sum(axis=0).min(axis=1).sum()
    assert proof["least_weighted"] == pytest.approx(least)
    assert proof["most_weighted"] == pytest.approx(multipliers @ arrays["caps"])
    assert proof["least_weighted"] > proof["most_weighted"]


def test_caps_that_whole_candidates_cannot_meet(run):
    arrays = {
        "profit": np.zeros((1, 2)),
        "weights": np.array([[[2.0, 0.0]], [[0.0, 2.0]]]),
        "caps": np.array([1.0, 1.0]),
        "allowed": np.ones((1, 2), bool),
    }
    code, out, _ = run(arrays)
    assert code == AllocationInfeasible.exit_code
    assert "together in whole candidates" in out


def without(name):
    return {key: values for key, values in SMALL.items() if key != name}


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        (without("weights"), "array 'weights' is missing; it holds profit, caps, allowed"),
        ({**SMALL, "caps": np.zeros(3)}, "caps: shape (3,), not (1,)"),
        ({**SMALL, "profit": np.full((3, 2), np.nan)}, "profit: not finite where it is allowed"),
        ({**SMALL, "weights": np.full((1, 3, 2), np.inf)}, "not finite where it is allowed"),
        ({**SMALL, "caps": np.array([np.nan])}, "the bound is not finite"),
        ({**SMALL, "allowed": np.eye(3, 2, dtype=bool)}, "2: no candidate is allowed"),
        ({**SMALL, "allowed": np.full((3, 2), 2)}, "allowed: every place is true or false"),
        ({**SMALL, "profit": np.full((3, 2), "x")}, "profit: <U1 are not numbers"),
        ({**SMALL, "account_id": np.array(["a", "b", "a"])}, "an account id occurs twice"),
        ({**SMALL, "preferred": np.array([0.5, 0, 0])}, "preferred: float64 are not places"),
        ({**SMALL, "preferred": np.array([0, 0, 2])}, "preferred: places are 0 to 1"),
        (None, "is not there"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_input_error(run, arrays, says):
    code, out, err = run(arrays, "--json")
    assert code == InputError.exit_code
    assert out == ""
    assert says in err


@pytest.mark.parametrize("content", [b"", b"profit,caps\n1,2\n", b"PK\x03\x04 torn"])
def test_a_file_that_is_no_archive_is_an_input_error(run, tmp_path, content):
    (tmp_path / "problem.npz").write_bytes(content)
    code, _, err = run(None)
    assert code == InputError.exit_code
    assert "write it with numpy.savez" in err


def test_one_array_alone_is_an_input_error(run, tmp_path):
    with (tmp_path / "problem.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    code, _, err = run(None)
    assert code == InputError.exit_code
    assert "holds one array" in err


def test_what_a_general_solver_finds(run):
    random = np.random.default_rng(11)
    accounts, candidates = 60, 4
    profit = random.normal(0, 10, (accounts, candidates))
    weights = random.normal(1, 2, (3, accounts, candidates))
    allowed = random.random(profit.shape) < 0.7
    allowed[:, 0] = True
    caps = weights[:, :, 0].sum(axis=1) + np.array([2.0, 4.0, 8.0])
    arrays = {"profit": profit, "weights": weights, "caps": caps, "allowed": allowed.astype(int)}
    told = json.loads(run(arrays, "--json")[1])
    best = milp(
        -profit.ravel(),
        integrality=np.ones(profit.size),
        bounds=Bounds(0, allowed.ravel()),
        constraints=[
            LinearConstraint(sparse.kron(sparse.eye(accounts), np.ones((1, candidates))), 1, 1),
            LinearConstraint(weights.reshape(3, -1), -np.inf, caps),
        ],
    )
    choice, every = np.array(told["choice"]), np.arange(accounts)
    assert allowed[every, choice].all()
    assert (weights[:, every, choice].sum(axis=1) <= caps).all()
    assert told["value"] == pytest.approx(profit[every, choice].sum())
    assert told["value"] <= -best.fun * (1 + 1e-6) <= told["bound"] * (1 + 2e-6)
