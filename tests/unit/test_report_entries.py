"""Which of a ledger's entries make the cycle of a date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.ledger.entry import Entry, EntryKind, seal
from tidegate.operations.cycle_entries import CycleEntries

FIRST, SECOND = date(2024, 1, 31), date(2024, 2, 29)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def ledger(*steps: tuple[EntryKind, dict[str, object]]) -> list[Entry]:
    """Sealed entries of these kinds and payloads, in this order."""
    return [
        seal(
            sequence=number,
            time=NOON + timedelta(minutes=number),
            kind=kind,
            key=str(number),
            actor="tester",
            payload=payload,
            previous_digest="0" * 64,
        )
        for number, (kind, payload) in enumerate(steps, start=1)
    ]


def batch(batch_id: str) -> tuple[EntryKind, dict[str, object]]:
    return EntryKind.BATCH_ACCEPTED, {"batch_id": batch_id}


def trained(version: str) -> tuple[EntryKind, dict[str, object]]:
    return EntryKind.MODEL_TRAINED, {"model_name": "default_risk", "version": version}


def judged(
    version: str, before: str | None = None, *, cleared: bool = True
) -> tuple[EntryKind, dict[str, object]]:
    kind = EntryKind.MODEL_PROMOTED if cleared else EntryKind.PROMOTION_REFUSED
    certificate = f"certificate-{version}" if cleared else None
    return kind, {
        "model_name": "default_risk",
        "version": version,
        "previous_champion": before,
        "certificate_digest": certificate,
    }


def adjusted(day: date, version: str) -> tuple[EntryKind, dict[str, object]]:
    payload = {"as_of": day.isoformat(), "certificate_digest": f"certificate-{version}"}
    return EntryKind.LIMITS_ADJUSTED, payload


def refused(day: date) -> tuple[EntryKind, dict[str, object]]:
    return EntryKind.ADJUSTMENT_REFUSED, {"as_of": day.isoformat(), "reason": "no champion"}


def watched(day: date) -> tuple[EntryKind, dict[str, object]]:
    return EntryKind.DRIFT_WATCHED, {"as_of": day.isoformat()}


TWO_CYCLES = ledger(
    batch("b1"),  # 1
    trained("1"),  # 2
    judged("1"),  # 3
    adjusted(FIRST, "1"),  # 4
    watched(FIRST),  # 5
    batch("b2"),  # 6
    trained("2"),  # 7
    judged("2", "1"),  # 8
    adjusted(SECOND, "2"),  # 9
    watched(SECOND),  # 10
)


def sequences(entries: tuple[Entry, ...]) -> list[int]:
    return [entry.sequence for entry in entries]


def sequence(entry: Entry | None) -> int | None:
    return entry.sequence if entry else None


def outbox(day: date) -> tuple[EntryKind, dict[str, object]]:
    return EntryKind.OUTBOX_WRITTEN, {"as_of": day.isoformat()}


def test_what_a_cycle_owes_is_its_own_though_it_is_written_after_its_decisions():
    entries = ledger(
        adjusted(FIRST, "1"),  # 1
        outbox(FIRST),  # 2
        batch("b2"),  # 3
        adjusted(SECOND, "1"),  # 4
        (EntryKind.OUTBOX_WRITTEN, {}),  # 5: of before its day was noted
        outbox(SECOND),  # 6
    )
    first, second = (CycleEntries.of(entries, day) for day in (FIRST, SECOND))
    assert (sequences(first.outboxes), sequences(first.told)) == ([2], [1, 2])
    assert (sequences(second.outboxes), sequences(second.told)) == ([6], [3, 4, 6])


def test_an_empty_ledger_has_an_empty_cycle():
    cycle = CycleEntries.of([], FIRST)
    assert cycle == CycleEntries((), None, None, None, (), None, None, (), ())


def test_the_first_cycle_begins_with_the_ledger():
    cycle = CycleEntries.of(TWO_CYCLES, FIRST)
    assert sequences(cycle.batches) == [1]
    assert sequences(cycle.adjusted) == [4]
    assert (sequence(cycle.trained), sequence(cycle.judged), sequence(cycle.watched)) == (2, 3, 5)
    assert cycle.champion_trained is None
    assert sequences(cycle.told) == [1, 2, 3, 4, 5]


def test_the_next_cycle_begins_after_the_decisions_before_it():
    cycle = CycleEntries.of(TWO_CYCLES, SECOND)
    assert sequences(cycle.batches) == [6]
    assert sequences(cycle.adjusted) == [9]
    assert (sequence(cycle.trained), sequence(cycle.judged), sequence(cycle.watched)) == (7, 8, 10)
    assert sequence(cycle.champion_trained) == 2
    assert sequences(cycle.told) == [2, 5, 6, 7, 8, 9, 10]


def test_a_cycle_without_decisions_reaches_to_the_end():
    entries = TWO_CYCLES[:8]
    cycle = CycleEntries.of(entries, SECOND)
    assert cycle.adjusted == ()
    assert sequence(cycle.judged) == 8
    assert sequences(cycle.batches) == [6]


def test_a_cycle_that_judged_nothing_has_the_promotion_of_the_model_that_decided():
    entries = ledger(
        trained("1"), judged("1"), trained("2"), judged("2", "1"), adjusted(FIRST, "2"),
        batch("b2"), adjusted(SECOND, "1"),
    )  # fmt: skip
    cycle = CycleEntries.of(entries, SECOND)
    assert sequence(cycle.judged) == 2
    assert sequence(cycle.trained) == 1


def test_a_cycle_that_only_trained_shows_its_training():
    cycle = CycleEntries.of(ledger(batch("b1"), trained("1"), trained("2")), FIRST)
    assert sequence(cycle.trained) == 3
    assert cycle.judged is None


def test_the_verdict_is_about_the_version_it_names_and_not_about_the_newest():
    cycle = CycleEntries.of(ledger(trained("1"), trained("2"), judged("1")), FIRST)
    assert sequence(cycle.trained) == 1


def test_a_refusal_stands_until_something_is_decided():
    entries = ledger(refused(FIRST), judged("1"), adjusted(FIRST, "1"))
    assert sequence(CycleEntries.of(entries[:2], FIRST).refused) == 1
    assert CycleEntries.of(entries, FIRST).refused is None


def test_a_refusal_after_decisions_is_told_and_takes_none_back():
    entries = ledger(judged("1"), adjusted(FIRST, "1"), refused(FIRST))
    cycle = CycleEntries.of(entries, FIRST)
    assert sequence(cycle.refused) == 3
    assert sequences(cycle.adjusted) == [2]


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_a_refused_verdict_is_the_cycle_s_last_word(day):
    entries = ledger(judged("1"), judged("2", "1", cleared=False), adjusted(day, "1"))
    assert sequence(CycleEntries.of(entries, day).judged) == 2


steps = st.lists(
    st.sampled_from(
        [
            batch("b"), trained("1"), trained("2"), judged("1"), judged("2", "1"),
            judged("2", "1", cleared=False), adjusted(FIRST, "1"), adjusted(SECOND, "1"),
            refused(FIRST), refused(SECOND), watched(FIRST), watched(SECOND),
        ]
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=200)
@given(steps)
def test_what_follows_a_cycle_s_decisions_never_changes_what_it_tells_of_them(kinds):
    entries = ledger(*kinds, adjusted(FIRST, "1"))
    later = ledger(*kinds, adjusted(FIRST, "1"), batch("late"), trained("3"), adjusted(SECOND, "1"))
    before, after = CycleEntries.of(entries, FIRST), CycleEntries.of(later, FIRST)
    assert before == after


@settings(max_examples=200)
@given(steps)
def test_whatever_is_used_is_told_once_and_in_order(kinds):
    cycle = CycleEntries.of(ledger(*kinds), FIRST)
    told = sequences(cycle.told)
    assert told == sorted(set(told))
    single = (cycle.trained, cycle.champion_trained, cycle.judged, cycle.watched, cycle.refused)
    used = (*cycle.batches, *cycle.adjusted)
    for entry in (*used, *(each for each in single if each is not None)):
        assert entry.sequence in told
