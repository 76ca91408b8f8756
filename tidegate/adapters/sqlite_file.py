"""SQLite files that come into being whole.

SQLite runs each statement that makes a table by itself, so a process killed among them leaves a
file that neither it nor its successor can use.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory


def created_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """See that there is a file at ``path``, made by ``fill`` under another name and then linked.

    Killed at any point, there is none or a whole one. Where another process was first, its file
    stays.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        fill(fresh)
        with suppress(FileExistsError):
            os.link(fresh, path)
