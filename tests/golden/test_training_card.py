"""The model card as it reads, numbers aside."""

import re
from pathlib import Path

import pytest

from tests.training_samples import trained
from training.card import model_card

GOLDEN = Path(__file__).parent


def without_numbers(text: str) -> str:
    """Every number and digest as ``#``; the order of the inputs is a number too."""
    text = re.sub(r"`[0-9a-f]{12,}`", "`#`", text)
    text = re.sub(r"^\| `\w+` \| .*$", "| `input` | # |", text, flags=re.MULTILINE)
    return re.sub(r"-?\d[\d,.]*\d|\b\d\b", "#", text)


@pytest.mark.parametrize(("cohorts", "name"), [(1, "one_cohort"), (13, "cohorts")])
def test_the_card_reads_as_before(cohorts, name):
    golden = (GOLDEN / f"model_card_{name}.md").read_text(encoding="utf-8")
    assert without_numbers(model_card(trained(cohorts))) == golden


def test_the_card_has_the_numbers_of_the_run():
    run = trained(13)
    card = model_card(run)
    assert f"| {run.figures.auc.value:.4f} | {run.figures.auc.low:.4f} |" in card
    assert run.model.artefact_digest in card
    assert f"{run.rows_test:,} rows with {run.sample['label'].sum():,} defaults" in card
    for name in list(run.importances)[:15]:
        assert f"| `{name}` |" in card
