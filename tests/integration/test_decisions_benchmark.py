"""The benchmark of decisions runs every step and prints what the documents quote."""

from benchmarks.decisions import _text, run


def test_every_step_is_measured():
    report = run(3_000, 5, 1)
    assert [row["step"] for row in report["steps"]] == [
        *("score", "portfolio", "digests and ids", "decide", "TreeSHAP"),
        *("rows", "lake", "leaves", "Merkle root", "ledger", "notices"),
    ]
    assert report["accounts"] == 3_000
    assert report["explained_by_tree_shap"] > 0
    assert 0 < report["raised"] < report["notices"] <= 3_000
    lines = _text(report).splitlines()
    assert lines[0].startswith("3,000 accounts, 65 features, 5 trees")
    assert lines[-1].split()[0] == "all"
