"""A promotion asked for in the model registry: the tag of a version, and the answer written back.

A person sets the tag ``promotion`` of a version to ``requested``. The watch of the registry marks
it ``taken``; it stays so until the promotion answers with ``cleared``, ``refused`` or ``failed``.
The tag is the last thing written, so a promotion that was killed is still taken and asked again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from credit_limits.domain.errors import ModelError, TidegateError
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome

TAG = "promotion"
_FAILING_TAG = "gate_failing"
_SAYS_TAG = "promotion_says"
_LONGEST_TAG = 1000
_CARD = "model_card.md"


class RequestState(StrEnum):
    """What the tag may say; any other value is left alone."""

    REQUESTED = "requested"
    TAKEN = "taken"
    CLEARED = "cleared"
    REFUSED = "refused"
    FAILED = "failed"


def answer(platform: Platform, outcome: PromoteModelOutcome) -> None:
    """Write what a promotion came to on the version: its description, and its tags.

    The same outcome again writes the same.
    """
    name, version = outcome.model_name, outcome.version
    registry = platform.registry
    registry.describe_version(name, version, description_of(platform, outcome))
    stale = (_SAYS_TAG, _FAILING_TAG) if outcome.cleared else (_SAYS_TAG,)
    for tag in stale:
        registry.remove_version_tag(name, version, tag)
    registry.set_version_tags(name, version, {TAG: RequestState(outcome.word).value})


@contextmanager
def answered_where_it_fails(platform: Platform, model_name: str, version: str) -> Iterator[None]:
    """Within, an error that ends a promotion that was asked for is said on its version too."""
    try:
        yield
    except TidegateError as error:
        asked = platform.registry.tagged_versions(model_name, TAG).get(version)
        if asked == RequestState.TAKEN:
            says = f"{type(error).__name__}: {error}"[:_LONGEST_TAG]
            platform.registry.set_version_tags(model_name, version, {_SAYS_TAG: says})
            state = {TAG: RequestState.FAILED.value}
            platform.registry.set_version_tags(model_name, version, state)
        raise


def description_of(platform: Platform, outcome: PromoteModelOutcome) -> str:
    """The verdict as a table, where its evidence lies, and the model card below; Markdown."""
    if outcome.waits_for:
        return f"# Gate\n\nNot judged for {outcome.as_of}: it waits for {outcome.waits_for}."
    files = platform.registry.files_address(outcome.model_name, outcome.version)
    by = f" by {', '.join(outcome.refusing)}" if outcome.refusing else ""
    head = (
        f"The gate says **{outcome.word}**{by}, for {outcome.as_of} by the thresholds "
        f"{outcome.thresholds_version}"
    )
    certificate = f", certificate `{outcome.certificate_digest}`" if outcome.cleared else ""
    rows = [_cells(check) for check in outcome.checks]
    table = [
        "| check | measured | threshold | result |",
        "| --- | --- | --- | --- |",
        *(f"| {' | '.join(cells)} |" for cells in rows),
    ]
    links = (
        f"Evidence [{outcome.evidence_digest[:12]}]({files}/gate/evidence.json), "
        f"[verdict]({files}/gate/verdict.json) with what each check says"
    )
    linked = (
        f"{links}, [certificate]({files}/gate/certificate.json)."
        if outcome.cleared
        else f"{links}."
    )
    parts = ["# Gate", f"{head}{certificate}.", "\n".join(table), linked, _card(platform, outcome)]
    return "\n\n".join(part for part in parts if part)


def _cells(check: CheckRow) -> tuple[str, str, str, str]:
    """A row: what was measured of each figure that has a threshold, a line a figure.

    A refused check says why, since that is what its reader came for; every other figure stands in
    the verdict's file.
    """
    bounds = [(*key.partition(" ")[::2], bound) for key, bound in check.threshold.items()]
    measured = [f"{name} {_figure(check.measured.get(name))}" for name, _, _ in bounds]
    asked = [f"{_in_a_cell(sign)} {_figure(bound)}" for _, sign, bound in bounds]
    result = f"**refused**: {check.message}" if check.refuses else check.word
    return check.check, "<br>".join(measured), "<br>".join(asked), _in_a_cell(result)


def _figure(value: float | None) -> str:
    if value is None:
        return "absent"
    return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}"


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;").replace(">", "&gt;")


def _card(platform: Platform, outcome: PromoteModelOutcome) -> str:
    try:
        return platform.registry.artefact(outcome.model_name, outcome.version, _CARD).decode()
    except ModelError:
        return ""  # a version of another making has none, and its verdict is told all the same
