"""The benchmark of the point-in-time join, small: it measures, and what it measures is right."""

import json

from benchmarks.point_in_time import main


def test_the_report_says_what_was_joined_lost_and_leaked(capsys):
    assert main(["--rows", "2000", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["rows"], report["rows_a_view"], len(report["views"])) == (2000, 24 * 1000, 3)
    for side in (report["feast"], report["asof"]):
        assert (side["rows_lost"], side["rows_that_saw_later_days"]) == (0, 0)
        assert side["seconds"] > 0
        assert side["peak_mb"] > 0
    assert report["ratio"] > 0
