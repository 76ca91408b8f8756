"""The policy in force on a day, and every way in which a folder of policies can be wrong."""

from datetime import date

import pytest

from credit_limits.domain.errors import PolicyError
from tidegate.adapters.dated_policies import load_dated


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "limits"
    found.mkdir()
    for day in ("2005-01-01", "2024-07-01"):
        (found / f"{day}.yaml").write_text(f"effective_from: {day}\ncap: 1\n", encoding="utf-8")
    return found


@pytest.mark.parametrize(
    ("as_of", "start"),
    [
        (date(2005, 1, 1), date(2005, 1, 1)),
        (date(2024, 6, 30), date(2005, 1, 1)),
        (date(2024, 7, 1), date(2024, 7, 1)),
        (date(2030, 1, 1), date(2024, 7, 1)),
    ],
)
def test_the_newest_that_has_begun_is_in_force(folder, as_of, start):
    found = load_dated(folder, as_of)
    assert (found.effective_from, found.version) == (start, f"limits/{start}")
    assert found.content == {"effective_from": start, "cap": 1}


def test_comments_do_not_change_the_digest_and_values_do(folder):
    path = folder / "2024-07-01.yaml"
    before = load_dated(folder, date(2025, 1, 1)).digest
    path.write_text(f"# why\ncap:   1\n{path.read_text().splitlines()[0]}\n", encoding="utf-8")
    assert load_dated(folder, date(2025, 1, 1)).digest == before
    path.write_text(path.read_text().replace("1\n", "2\n", 1), encoding="utf-8")
    assert load_dated(folder, date(2025, 1, 1)).digest != before


def test_a_content_that_a_parser_refuses_is_told_with_its_file(folder):
    def refuse(content):
        raise PolicyError(f"cap is {content['cap']}")

    file = load_dated(folder, date(2025, 1, 1))
    assert file.parsed(len) == 2
    with pytest.raises(PolicyError, match=r"^limits/2024-07-01: cap is 1$"):
        file.parsed(refuse)


def test_nothing_is_in_force_before_the_first(folder):
    with pytest.raises(PolicyError, match="the first starts on 2005-01-01"):
        load_dated(folder, date(2004, 12, 31))


def test_an_absent_folder_says_what_to_add(tmp_path):
    with pytest.raises(PolicyError, match="no dated YAML file; add a file named by the day"):
        load_dated(tmp_path / "none", date(2024, 1, 1))


@pytest.mark.parametrize("name", ["latest", "20240701", "2024-W27-1", "2024-07-01-b"])
def test_a_file_is_named_by_its_day(folder, name):
    (folder / f"{name}.yaml").write_text("effective_from: 2024-07-01", encoding="utf-8")
    with pytest.raises(PolicyError, match="named by its first day"):
        load_dated(folder, date(2025, 1, 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("effective_from: 2024-07-02", "make them the same day"),
        ("cap: 1", "effective_from is None"),
        ("- 1", "expected a mapping"),
        ("1: 2", "expected a mapping with names"),
        ("effective_from: 2024-07-01\ncap: 1\ncap: 2", "said twice: cap"),
        ("effective_from: 2024-07-01\na: {cap: 1, cap: 2}", "said twice: cap"),
        ("effective_from: [", "cannot be read as YAML"),
        ("effective_from: 2024-07-01\ncap: .nan", "without a canonical form"),
        ("effective_from: 2024-07-01\na: {1: 1, b: 2}", "without a canonical form"),
        ("!!python/object/apply:os.getcwd []", "cannot be read as YAML"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused(folder, text, said):
    (folder / "2024-07-01.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=said):
        load_dated(folder, date(2025, 1, 1))


def test_a_file_that_is_not_text_is_refused(folder):
    (folder / "2024-07-01.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PolicyError, match="cannot be read as YAML"):
        load_dated(folder, date(2025, 1, 1))
