"""What `tidegate watch`, `announce` and `watch-registry` say: every finding, and what is next."""

from datetime import date

import pytest

from tidegate.cli.summaries import summary_of
from tidegate.operations.announce import AnnounceOutcome
from tidegate.operations.matured_decisions import MaturedGroupRow, MaturedRow
from tidegate.operations.take_back import TakenBack
from tidegate.operations.watch_outcome import EarlyDelinquencyRow, WatchDriftOutcome
from tidegate.operations.watch_registry import MovedAlias, UnknownTag, WatchRegistryOutcome

MONTH_END = date(2024, 1, 31)


def watched(**found):
    whole = {
        "as_of": MONTH_END,
        "level": "none",
        "finding": "",
        "columns": [],
        "rows": 1234,
        "report": "",
        "model_version": "1",
        "certificate_digest": "c",
        "thresholds_version": "t",
    }
    return summary_of("watch_drift", WatchDriftOutcome(**(whole | found)))


def early(**found):
    whole = {
        "level": "alarm",
        "finding": "too few months",
        "month_end": MONTH_END,
        "months": 1,
        "accounts": 2000,
        "past_due": 42,
        "reference_months": 12,
        "share": 0.021,
        "reference_share": 0.0149,
        "ratio": 1.4,
        "dispersion": 1.0,
        "p_value": 0.001,
    }
    return EarlyDelinquencyRow(**(whole | found))


def group(name, level, *, accounts=1000, defaults=30):
    return MaturedGroupRow(
        name=name,
        accounts=accounts,
        defaults=defaults,
        expected=21.25,
        ratio=1.4,
        low=1.0,
        high=1.9,
        p_corrected=0.01,
        level=level,
    )


def matured(*groups, auc=0.81):
    return MaturedRow(
        level="notice",
        finding="no cohort is over",
        cohorts=[MONTH_END],
        waiting=77,
        auc=auc,
        auc_low=None,
        auc_high=None,
        groups=list(groups),
    )


def taken_back(to_version):
    return TakenBack.model_construct(from_version="3", to_version=to_version, reason="too many bad")


def test_a_quiet_watch_says_so_and_no_more():
    assert watched() == [
        "drift: none, 0 of 0 columns moved, on 1,234 rows",
        "next: tidegate report",
    ]


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            {"early": early()},
            "first missed payments: alarm, 2.10% of 2,000 accounts, 1.49% in the 12 months of "
            "reference",
        ),
        ({"early": early(share=None)}, "first missed payments: not judged, too few months"),
        (
            {"early": early(reference_share=None)},
            "first missed payments: not judged, too few months",
        ),
        (
            {"matured": matured(group("all", "none"))},
            "matured decisions: notice, 30 of 1,000 accounts have defaulted, 21.2 were expected, "
            "AUC 0.810; 77 not known yet",
        ),
        (
            {"matured": matured(group("all", "none"), auc=None)},
            "matured decisions: notice, 30 of 1,000 accounts have defaulted, 21.2 were expected; "
            "77 not known yet",
        ),
        ({"matured": matured()}, "matured decisions: not judged, no cohort is over"),
        ({"brakes_applied": ["no increases"]}, "brake applied: no increases"),
        ({"brakes_released": ["no increases"]}, "brake released: no increases"),
        (
            {"taken_back": taken_back(None)},
            "version 3 broke its bounds and stays: too many bad",
        ),
        (
            {"taken_back": taken_back("2")},
            "version 3 is taken back: version 2 is champion again. too many bad",
        ),
        ({"report": "var/r.html"}, "report: var/r.html"),
    ],
)
def test_each_finding_is_a_line(found, line):
    lines = watched(**found)
    assert lines[1:-1] == [line]
    assert lines[-1] == "next: tidegate report"


def test_of_groups_whose_decisions_matured_those_that_moved_are_listed():
    groups = (group("all", "none"), group("grade D", "alarm", accounts=90, defaults=9))
    lines = watched(matured=matured(*groups))
    assert [line.split() for line in lines[2:-1]] == [
        ["group", "accounts", "defaults", "expected", "level"],
        ["grade", "D", "90", "9", "21.2", "alarm"],
    ]


@pytest.mark.parametrize(
    ("posted", "withheld", "lines"),
    [
        (True, [], ["notice n1 posted to the webhook", "An alarm."]),
        (
            False,
            ["name", "path"],
            ["notice n1 logged; no webhook is set", "An alarm.", "withheld: name, path"],
        ),
    ],
)
def test_a_notice_says_where_it_went_and_what_was_kept_back(posted, withheld, lines):
    outcome = AnnounceOutcome(
        notice_id="n1",
        event="e",
        subject="s",
        text="An alarm.",
        facts={},
        withheld=withheld,
        posted=posted,
    )
    assert summary_of("announce", outcome) == lines


def test_the_registry_is_told_with_what_moved_and_what_is_asked_for():
    outcome = WatchRegistryOutcome(
        model_name="default_risk",
        requested=["4"],
        unknown=[UnknownTag(version="5", value="please")],
        alias_version="2",
        certified_version="1",
        moved=[MovedAlias(finding="the alias was moved by hand", ledger_entry=9)],
    )
    assert summary_of("watch_registry", outcome) == [
        "champion of default_risk by the ledger: 1; by the alias: 2",
        "the alias was moved by hand",
        "version 5: the tag promotion=please means nothing, left alone",
        "next: tidegate promote --version 4",
    ]
    empty = outcome.model_copy(
        update={"alias_version": None, "certified_version": None, "moved": []}
        | {"unknown": [], "requested": []}
    )
    assert summary_of("watch_registry", empty) == [
        "champion of default_risk by the ledger: none; by the alias: none"
    ]
