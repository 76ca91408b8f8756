"""A command that carries out an operation.

The names of modules and request models are text, so that ``tidegate --help`` lists the commands
without importing what they run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class OperationCommand:
    """A command that builds one request, hands it to one operation and prints the outcome.

    ``path`` is the command's words. ``operation`` names the module under ``tidegate.operations``
    and the function in it, ``request`` the model in the same module, whose fields become the
    options; those in ``arguments`` are given by position. An operation that works on files alone
    needs no platform.
    """

    path: tuple[str, ...]
    operation: str
    request: str
    summary: str
    description: str
    example: str
    arguments: tuple[str, ...] = ()
    needs_platform: bool = True

    @property
    def name(self) -> str:
        """The last word."""
        return self.path[-1]

    @property
    def words(self) -> str:
        """All words, as they are typed after ``tidegate``."""
        return " ".join(self.path)

    def request_type(self) -> type[BaseModel]:
        """The request model, imported now."""
        module = import_module(f"tidegate.operations.{self.operation}")
        return cast("type[BaseModel]", getattr(module, self.request))

    def function(self) -> Callable[..., BaseModel]:
        """The operation, imported now: of a platform, where it needs one, and a request."""
        module = import_module(f"tidegate.operations.{self.operation}")
        return cast("Callable[..., BaseModel]", getattr(module, self.operation))
