"""Brakes over whole courses of watches, against a plain twin that keeps the state by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from credit_limits.domain.account import Product
from credit_limits.ledger.entry import GENESIS_DIGEST, Entry, EntryKind, seal
from credit_limits.policy.brakes import BrakeMeasure
from monitoring.brake_rule import BrakeRule
from tidegate.operations.brakes import (
    BrakeApplied,
    Consequences,
    Watch,
    act_on,
    in_force,
    open_brakes,
)
from tidegate.operations.platform import Platform

FIRST = date(2024, 1, 31)
BOTH = tuple(sorted(Product))
LEVELS = st.lists(st.sampled_from(["none", "notice", "alarm"]), min_size=1, max_size=12)


@dataclass
class MemoryLedger:
    """The ledger's promises, kept in memory."""

    held: list[Entry] = field(default_factory=list)

    def append(self, kind: EntryKind, actor: str, payload: dict, *, key: str) -> Entry:
        for entry in self.entries(kind):
            if entry.key == key:
                return entry
        entry = seal(
            sequence=len(self.held) + 1,
            time=datetime(2024, 1, 1, tzinfo=UTC),
            kind=kind,
            key=key,
            actor=actor,
            payload=payload,
            previous_digest=self.held[-1].digest if self.held else GENESIS_DIGEST,
        )
        self.held.append(entry)
        return entry

    def entries(self, kind: EntryKind | None = None) -> list[Entry]:
        return [entry for entry in self.held if kind is None or entry.kind is kind]


def remembering() -> Platform:
    """A platform of which only the ledger is there, in memory."""
    platform = Platform(SimpleNamespace(actor="tester"), None)
    platform.__dict__["ledger"] = MemoryLedger()  # what cached_property would fill in
    return platform


@dataclass
class Course:
    """Watches carried out one after another on a platform that has a ledger and no more."""

    rule: BrakeRule
    platform: Platform = field(default_factory=remembering)

    def watch(self, day: date, level: str, key: str = "") -> Consequences:
        """A watch as the operation makes it: what it does to brakes first, then itself."""
        made = Watch(key or f"{day}", day, level, "why", "monitoring/2005-01-01")
        done = act_on(self.platform, made, self.rule)
        payload = {"as_of": day.isoformat(), "level": level}
        self.platform.ledger.append(EntryKind.DRIFT_WATCHED, "tester", payload, key=made.key)
        return done

    def stopped(self, day: date) -> set[Product]:
        orders = in_force(open_brakes(self.platform, day)).orders
        return {product for order in orders for product in order.products}


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=30 * place) for place in range(count)]


def plain(levels: Sequence[str], quiet_watches: int) -> list[bool]:
    """Whether the brake is open after each watch."""
    states, stopped, quiet = [], False, 0
    for level in levels:
        if level == "alarm":
            stopped, quiet = True, 0
        else:
            quiet += 1
            stopped = stopped and quiet < quiet_watches
        states.append(stopped)
    return states


def rule_of(quiet_watches: int, products: tuple[Product, ...] = BOTH) -> BrakeRule:
    return BrakeRule(BrakeMeasure.NO_INCREASES, products, quiet_watches, "model risk", 36)


@given(LEVELS, st.integers(1, 4))
def test_brakes_are_open_when_the_plain_twin_says(levels, quiet_watches):
    course, when = Course(rule_of(quiet_watches)), days(len(levels))
    expected = plain(levels, quiet_watches)
    for day, level, stopped in zip(when, levels, expected, strict=True):
        course.watch(day, level)
        assert bool(course.stopped(day)) is stopped
    # the past stays what it was, whatever has come after it
    assert [bool(course.stopped(day)) for day in when] == expected
    assert course.stopped(FIRST - timedelta(days=1)) == set()


@given(LEVELS, st.integers(1, 3))
def test_every_watch_again_writes_nothing_and_says_the_same(levels, quiet_watches):
    course, when = Course(rule_of(quiet_watches)), days(len(levels))
    first = [course.watch(day, level) for day, level in zip(when, levels, strict=True)]
    before = list(course.platform.ledger.held)
    assert course.watch(when[-1], levels[-1]) == first[-1]
    assert course.platform.ledger.held == before


@given(LEVELS, st.integers(1, 3), st.integers(0, 30))
def test_a_course_killed_at_any_entry_ends_in_the_same_ledger(levels, quiet_watches, kept):
    whole, when = Course(rule_of(quiet_watches)), days(len(levels))
    for day, level in zip(when, levels, strict=True):
        whole.watch(day, level)
    killed = Course(rule_of(quiet_watches))
    killed.platform.ledger.held = whole.platform.ledger.held[:kept]
    done = {entry.key for entry in killed.platform.ledger.entries(EntryKind.DRIFT_WATCHED)}
    for day, level in zip(when, levels, strict=True):
        if f"{day}" not in done:
            killed.watch(day, level)
    assert killed.platform.ledger.held == whole.platform.ledger.held


def test_a_day_watched_again_after_other_data_counts_once_with_its_last_verdict():
    course, when = Course(rule_of(2)), days(4)
    course.watch(when[0], "alarm")
    course.watch(when[1], "none")
    assert course.watch(when[1], "none", key="again").released == ()
    course.watch(when[1], "alarm", key="later still")
    assert course.watch(when[2], "none").released == ()
    assert len(course.watch(when[3], "none").released) == 1


def test_a_rule_that_grew_stops_the_new_product_as_well():
    course, when = Course(rule_of(1, (Product.CASH_LOAN,))), days(3)
    course.watch(when[0], "alarm")
    assert course.stopped(when[0]) == {Product.CASH_LOAN}
    course.rule = rule_of(1)
    assert len(course.watch(when[1], "alarm").applied) == 1
    assert course.stopped(when[1]) == set(Product)
    assert len(course.watch(when[2], "none").released) == 2


def test_a_brake_names_itself_and_its_place_in_the_ledger():
    course = Course(rule_of(2))
    course.watch(FIRST, "alarm")
    (brake,) = open_brakes(course.platform, FIRST)
    assert brake.name == "no increases of cash_loan, pay_later since 2024-01-31"
    assert (brake.reason, brake.since, brake.entry_sequence) == ("why", FIRST, 1)


def test_a_brake_ends_by_itself_and_an_alarm_applies_it_anew():
    course = Course(replace(rule_of(9), expiry_months=2))
    course.watch(FIRST, "alarm")
    (brake,) = open_brakes(course.platform, FIRST)
    assert (brake.owner, brake.expires_on) == ("model risk", date(2024, 3, 31))
    assert course.stopped(date(2024, 3, 30))
    assert not course.stopped(date(2024, 3, 31))
    assert course.watch(date(2024, 3, 1), "alarm").applied == ()
    assert course.watch(date(2024, 3, 31), "alarm").applied == (
        "no increases of cash_loan, pay_later since 2024-03-31",
    )


def test_what_a_person_has_set_is_no_watchs_business():
    course, when = Course(rule_of(1)), days(3)
    set_by_hand = BrakeApplied(
        as_of=FIRST,
        measure=BrakeMeasure.NO_INCREASES,
        products=BOTH,
        reason="a person's",
        owner="head of credit",
        expires_on=date(2025, 1, 1),
    )
    payload = set_by_hand.model_dump(mode="json")
    course.platform.ledger.append(EntryKind.BRAKE_APPLIED, "tester", payload, key="by hand")
    assert len(course.watch(when[0], "alarm").applied) == 1
    assert len(course.watch(when[1], "none").released) == 1
    assert course.watch(when[2], "none").released == ()
    assert [brake.owner for brake in open_brakes(course.platform, when[2])] == ["head of credit"]


def test_a_brake_of_before_people_could_set_them_is_still_read():
    course = Course(rule_of(2))
    old = {
        "as_of": "2024-01-31",
        "measure": "no_increases",
        "products": ["cash_loan"],
        "reason": "why",
        "policy_version": "monitoring/2005-01-01",
        "watch_key": "watch",
    }
    course.platform.ledger.append(EntryKind.BRAKE_APPLIED, "tester", old, key="old")
    (brake,) = open_brakes(course.platform, FIRST)
    assert brake.name == "no increases of cash_loan since 2024-01-31"
    assert course.watch(FIRST, "alarm").applied != ()  # pay_later was not stopped yet
