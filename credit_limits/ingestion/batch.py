"""What names a batch, and why one is refused."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import BatchRefused
from credit_limits.domain.identifiers import BatchId
from credit_limits.ingestion.mapping import SourceMapping


def batch_id_of(mapping: SourceMapping, contents: Iterable[tuple[str, str]]) -> BatchId:
    """The batch's name, from what it holds and how that is read, wherever the files lie.

    Args:
        mapping: all of it counts, since it says what the rows mean.
        contents: for each file its name in the mapping and the SHA-256 of its bytes.

    Returns:
        ``b`` and 15 hexadecimal digits.
    """
    held = {"mapping": _plain(asdict(mapping)), "files": sorted(list(each) for each in contents)}
    return BatchId("b" + digest_of(held)[:15])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a batch is refused: what is at fault, the reason, what to do about it."""

    culprit: str
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.culprit}: {self.reason}. {self.advice}"


class Refused(BatchRefused):
    """A refused batch with its refusals, so that the ledger can keep them one by one."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(
            "the batch is refused and nothing of it entered the lake: "
            + "; ".join(str(refusal) for refusal in refusals)
        )
        self.refusals = refusals


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
