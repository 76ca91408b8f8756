"""Pages written from a real ledger and a real lake."""

from datetime import date, timedelta

import pytest

from credit_limits.domain.decision import Action
from credit_limits.domain.errors import DataMissing
from tests.integration.report_ledger import CASH_LOAN, CERTIFICATES, DAY, PAY_LATER, Story
from tidegate.adapters.cycle_report import Standing
from tidegate.operations.gather_cycle import gather_cycle
from tidegate.operations.write_report import WriteReportRequest, write_report

LATER = DAY + timedelta(days=29)


@pytest.fixture
def story(platform):
    return Story(platform)


@pytest.fixture
def cycle(story):
    """One whole cycle with its decisions, watched."""
    story.accounts()
    story.ingested()
    story.trained()
    story.judged()
    story.adjusted([*PAY_LATER, *CASH_LOAN])
    story.watched()
    return story


def page(platform, day: date = DAY) -> bytes:
    outcome = write_report(platform, WriteReportRequest(as_of=day))
    return (platform.settings.reports_dir / f"cycle-{day}.html").read_bytes()[: outcome.size_bytes]


@pytest.mark.usefixtures("cycle")
def test_the_page_is_written_once_and_then_recognised(platform):
    first = write_report(platform, WriteReportRequest(as_of=DAY))
    path = platform.settings.reports_dir / "cycle-2024-01-31.html"
    assert (first.path, first.recognised, first.size_bytes) == (
        str(path),
        False,
        path.stat().st_size,
    )
    written = path.stat().st_mtime_ns
    again = write_report(platform, WriteReportRequest(as_of=DAY))
    assert again == first.model_copy(update={"recognised": True})
    assert path.stat().st_mtime_ns == written
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.usefixtures("cycle")
def test_actions_that_did_not_occur_say_what_they_take(platform):
    seen = gather_cycle(platform, DAY).decisions.seen
    assert (seen.frozen, seen.past_due, seen.rates_known, seen.incomes_changed) == (0, 1, 0, 0)
    assert seen.tables == {"accounts", "statements"}
    told = page(platform).decode()
    assert "What it takes for the actions that did not occur" in told
    assert "The lake lacks transactions, activity_events, links, which tell of some causes." in told


@pytest.mark.usefixtures("cycle")
def test_without_a_date_the_lake_s_last_day_is_written_up(platform):
    assert write_report(platform, WriteReportRequest()).as_of == DAY


@pytest.mark.usefixtures("cycle")
def test_a_page_that_was_left_unfinished_is_written_anew(platform):
    folder = platform.settings.reports_dir
    folder.mkdir(parents=True)
    (folder / "cycle-2024-01-31.html").write_bytes(b"<html>cut sh")
    (folder / "cycle-2024-01-31.html.unfinished").write_bytes(b"<ht")
    assert page(platform).endswith(b"</html>\n")
    assert len(list(folder.iterdir())) == 1


@pytest.mark.usefixtures("cycle")
def test_everything_that_happened_is_told(platform):
    report = gather_cycle(platform, DAY)
    assert report.standing is Standing.CERTIFIED
    assert report.refusal is None
    assert [(s.product, s.accounts, s.past_due) for s in report.portfolio] == [
        ("pay_later", 2, (1, 0, 0, 0, 0)),
        ("cash_loan", 1, (0, 0, 1, 0, 0)),
    ]
    shares = {row.name: dict(row.shares) for row in report.decisions.scenario_shares}
    assert list(shares) == ["A", "B", "All"]
    assert (shares["All"]["retail"], shares["All"]["cash"]) == (1.0, 0.05)
    (batch,) = report.batches
    assert (batch.rows_read, batch.rows_accepted, batch.rows_quarantined) == (100, 98, 2)
    assert [(f.expectation, f.observed) for f in batch.failed] == [
        ("birth_year is never null", "2 rows")
    ]
    assert (batch.examples[0].line, batch.examples[0].record) == ("4", "ID=3")
    assert batch.examples[0].rule == "AGE must not be empty"
    assert batch.assumptions == ("A month has 30 days.",)
    assert report.comparison is not None
    assert [row.figure for row in report.comparison.figures] == ["auc", "slope"]
    assert report.comparison.champion is None
    assert report.comparison.cross_validation.rows == 1000
    assert report.gate is not None
    (check,) = report.gate.checks
    assert [(f.name, f.measured, f.bounds) for f in check.figures] == [
        ("auc_low", 0.77, ((">=", 0.7),)),
        ("rows", 300.0, ()),
    ]
    decided = report.decisions
    assert decided is not None
    assert decided.total.actions == (
        ("increase", 1),
        ("decrease", 1),
        ("hold", 1),
        *((action.value, 0) for action in tuple(Action)[3:]),
    )
    assert (decided.total.before_minor, decided.total.after_minor) == (6_000_000, 6_000_000)
    assert [move.account_id for move in decided.largest_increases] == ["a1"]
    assert [(r.code, r.first, r.anywhere) for r in decided.reasons][-1] == ("inactive", 0, 1)
    assert decided.reasons[0].sentence.endswith(".")


@pytest.mark.usefixtures("cycle")
def test_drift_shows_the_worst_first_and_what_is_absent_before_all(platform):
    verdict = gather_cycle(platform, DAY).drift
    assert verdict is not None
    assert [column.name for column in verdict.worst] == [
        "is_cash_loan",
        "score",
        "balance_latest_minor",
        "age_years",
        "unemployment_rate",
    ]
    assert (verdict.worst[-1].level, verdict.worst[0].level) == ("not judged", "alarm")
    assert (
        verdict.worst[-1].finding == "one published figure for every account, each month a new one"
    )
    assert (verdict.columns_watched, verdict.columns_moved) == (5, 2)
    assert verdict.report == "drift/2024-01-31-0123.html"


@pytest.mark.usefixtures("cycle")
def test_the_lineage_names_certificate_root_and_entries(platform):
    lineage = gather_cycle(platform, DAY).lineage
    assert dict(lineage.facts)["Certificate"] == CERTIFICATES["1"]
    assert dict(lineage.facts)["Merkle root, batch limits-1"] == "d4" * 32
    assert lineage.data_versions == (("accounts", 0), ("statements", 0))
    assert [line.kind for line in lineage.entries] == [
        "batch_accepted",
        "model_trained",
        "model_promoted",
        "limits_adjusted",
        "drift_watched",
    ]


def test_a_later_cycle_does_not_change_an_earlier_page(platform, cycle):
    before = page(platform)
    cycle.ingested("b2")
    cycle.trained("2", auc=0.8)
    cycle.judged("2", before="1")
    cycle.adjusted(PAY_LATER, day=LATER, batch_id="limits-2", version="2")
    cycle.watched(LATER)
    assert page(platform) == before
    assert page(platform, LATER) != before


def test_a_later_cycle_tells_only_its_own_and_compares_with_the_champion_before(platform, cycle):
    cycle.ingested("b2")
    cycle.trained("2", auc=0.8)
    cycle.judged("2", before="1")
    cycle.adjusted(PAY_LATER, day=LATER, batch_id="limits-2", version="2")
    report = gather_cycle(platform, LATER)
    assert [batch.batch_id for batch in report.batches] == ["b2"]
    assert report.comparison is not None
    assert (report.comparison.challenger, report.comparison.champion) == ("2", "1")
    auc = report.comparison.figures[0]
    assert (auc.challenger.value, auc.champion.value) == (0.8, 0.78)
    assert report.drift is None


def test_a_cycle_without_a_new_model_shows_the_promotion_of_the_one_that_decided(platform, cycle):
    cycle.adjusted(PAY_LATER, day=LATER, batch_id="limits-2")
    report = gather_cycle(platform, LATER)
    assert report.gate is not None
    assert report.gate.version == "1"
    assert report.batches == ()
    assert report.comparison is not None


def test_a_refused_challenger_leaves_the_deciding_model_certified(platform, cycle):
    cycle.trained("2")
    cycle.judged("2", before="1", cleared=False)
    cycle.adjusted(PAY_LATER, day=LATER, batch_id="limits-2")
    report = gather_cycle(platform, LATER)
    assert report.standing is Standing.CERTIFIED
    assert report.gate is not None
    assert (report.gate.version, report.gate.cleared) == ("2", False)
    assert "under an earlier certificate" in page(platform, LATER).decode()


def test_products_decided_one_by_one_are_one_cycle(platform, story):
    story.accounts()
    story.adjusted(PAY_LATER, batch_id="limits-1")
    story.adjusted(CASH_LOAN, batch_id="limits-2")
    decided = gather_cycle(platform, DAY).decisions
    assert decided is not None
    assert [(batch.batch_id, batch.decisions) for batch in decided.batches] == [
        ("limits-1", 2),
        ("limits-2", 1),
    ]
    assert [group.name for group in decided.by_product] == ["pay_later", "cash_loan"]
    assert decided.total.accounts == 3


def test_an_account_decided_again_counts_once_and_as_decided_last(platform, story):
    story.accounts()
    story.adjusted(PAY_LATER, batch_id="limits-1")
    changed = [(*PAY_LATER[0][:3], "hold", 1_000_000, 1_000_000, ["already_best"]), PAY_LATER[1]]
    story.adjusted(changed, batch_id="limits-2", version="2")
    decided = gather_cycle(platform, DAY).decisions
    assert decided is not None
    assert decided.total.accounts == decided.total.count("hold") == 2
    assert [batch.batch_id for batch in decided.batches] == ["limits-2"]
    assert decided.model_version == "2"


def test_a_refusal_to_decide_is_told_until_a_batch_is_decided(platform, story):
    story.accounts()
    story.refused_to_adjust()
    report = gather_cycle(platform, DAY)
    assert report.refusal == "no certified champion"
    assert report.decisions is None
    assert report.standing is Standing.NOT_JUDGED
    story.judged()
    story.adjusted(PAY_LATER)
    assert gather_cycle(platform, DAY).refusal is None


def test_a_refused_model_is_not_certified(platform, story):
    story.trained()
    story.judged(cleared=False)
    assert gather_cycle(platform, DAY).standing is Standing.REFUSED
    assert b"refused by the gate" in page(platform)


def test_a_refused_batch_gives_its_reason(platform, story):
    story.refused_batch()
    (batch,) = gather_cycle(platform, DAY).batches
    assert batch.refusal == "column AGE is missing"
    assert b"column AGE is missing" in page(platform)


def test_nothing_at_all_is_a_page_that_says_so(platform):
    text = page(platform).decode()
    for said in ("No limit was decided", "No drift verdict yet", "No account was known"):
        assert said in text


def test_no_date_and_no_data_is_an_error_that_says_what_to_do(platform):
    with pytest.raises(DataMissing, match="tidegate ingest"):
        write_report(platform, WriteReportRequest())


@pytest.mark.usefixtures("cycle")
def test_accounts_that_became_known_later_are_not_in_the_portfolio(platform):
    assert gather_cycle(platform, DAY - timedelta(days=1)).portfolio == ()


def test_decisions_that_the_lake_lost_are_an_error(platform, story):
    story.accounts()
    story.adjusted(PAY_LATER, batch_id="limits-1", lost=True)
    with pytest.raises(DataMissing, match="limits-1"):
        gather_cycle(platform, DAY)
    story.adjusted(PAY_LATER, batch_id="limits-2", day=LATER)
    with pytest.raises(DataMissing, match="limits-1"):
        gather_cycle(platform, DAY)
    assert gather_cycle(platform, LATER).decisions is not None
