"""New key: a private key for a person, and the lines that make its holder an approver."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.errors import SettingsError
from tidegate.adapters.signing import make_key


class NewKeyRequest(BaseModel):
    """Where the private key shall lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="file to make, in a folder of your own")


class NewKeyOutcome(BaseModel):
    """The file made, and the public half of what is in it."""

    model_config = ConfigDict(frozen=True)

    path: str
    key_id: str
    public_key: str


def new_key(request: NewKeyRequest) -> NewKeyOutcome:
    """Make a private key that its owner alone may read.

    Raises :class:`SettingsError` where the file is there already or cannot be written.
    """
    try:
        signer = make_key(request.path)
    except FileExistsError as error:
        raise SettingsError(
            f"{request.path} is there already and may hold a key; name another file"
        ) from error
    return NewKeyOutcome(path=str(request.path), key_id=signer.key_id, public_key=signer.public_key)
