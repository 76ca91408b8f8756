"""The page of the states of an account says what the machine and the policy are."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from credit_limits.policy.account_changes import STATE_CAUSES
from credit_limits.policy.states import TRANSITIONS
from docs import draw_states
from tests.decision_samples import shipped_policy

SVG = "{http://www.w3.org/2000/svg}"


def test_picture_and_tables_are_as_the_command_writes_them():
    page = draw_states.PAGE.read_text(encoding="utf-8")
    assert draw_states.with_tables(page) == page
    drawn = draw_states.PICTURE.read_text(encoding="utf-8")
    assert drawn == draw_states.picture(TRANSITIONS)
    assert "(../pictures/account-states.svg)" in page


def test_every_transition_and_every_state_is_drawn():
    root = ElementTree.fromstring(draw_states.picture(TRANSITIONS))
    words = [text.text for text in root.iter(f"{SVG}text")]
    for transition in TRANSITIONS:
        assert transition.action.replace("_", " ") in words
    assert {"open", "increases closed", "frozen", "closed"} <= set(words)


def test_a_transition_without_a_place_in_the_picture_is_an_error():
    strange = [replace(each, after=each.before) for each in TRANSITIONS]
    with pytest.raises(KeyError):
        draw_states.picture(strange)


def test_every_cause_has_the_bound_that_it_comes_in_at():
    bounds = draw_states.upper_bounds(shipped_policy())
    assert set(bounds) == set(STATE_CAUSES)
    assert all(bounds.values())


def test_the_command_writes_both_files(tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text(draw_states.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(draw_states, "PAGE", page)
    monkeypatch.setattr(draw_states, "PICTURE", tmp_path / "states.svg")
    draw_states.main()
    assert capsys.readouterr().out.count("wrote") == 2
    assert (tmp_path / "states.svg").read_text(encoding="utf-8").startswith("<svg")
