"""The control database: the ledger's entries, kept by SQLAlchemy, laid out by Alembic.

SQLite serves one machine; PostgreSQL takes an address and nothing else. Entries are only ever
inserted. Two writers cannot fork the chain: the digest of the entry before is unique, so the
second of them fails, reads again and appends after the first.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import LedgerBroken, SettingsError
from credit_limits.ledger.chain import verify_chain
from credit_limits.ledger.entry import GENESIS_DIGEST, Entry, EntryKind, seal
from tidegate.adapters.clock import Clock
from tidegate.adapters.sqlite_file import created_whole

_MIGRATIONS = Path(__file__).parent / "migrations"
_ATTEMPTS = 20

_entries = sa.table(
    "ledger_entries",
    sa.column("sequence", sa.Integer),
    *(
        sa.column(name, sa.String)
        for name in (
            *("time", "kind", "key", "actor", "payload"),
            *("payload_digest", "previous_digest", "digest"),
        )
    ),
)


def open_control_db(url: str) -> sa.Engine:
    """An engine on the control database, migrated to the newest layout.

    Raises :class:`SettingsError` where it cannot be reached.
    """
    address = sa.make_url(url)
    try:
        if address.get_backend_name() == "sqlite" and address.database:
            created_whole(Path(address.database), _make_sqlite)
        engine = sa.create_engine(address)
        _migrate(engine)
    except (SQLAlchemyError, OSError) as error:
        shown = address.render_as_string(hide_password=True)
        raise SettingsError(
            f"the control database {shown} cannot be opened: {error}; "
            "check TIDEGATE_CONTROL_DB_URL and that the server is up"
        ) from error
    return engine


def _make_sqlite(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    _migrate(engine)
    engine.dispose()


def _migrate(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@dataclass(frozen=True)
class Ledger:
    """The append-only ledger in the control database.

    With ``last_sequence`` it is the ledger as it stood when that entry was its newest: later ones
    are not seen, and nothing can be appended.
    """

    engine: sa.Engine
    clock: Clock
    last_sequence: int | None = field(default=None, kw_only=True)

    def up_to(self, sequence: int) -> "Ledger":
        """The ledger as it stood with this entry as its newest."""
        return replace(self, last_sequence=sequence)

    def append(self, kind: EntryKind, actor: str, payload: dict[str, object], *, key: str) -> Entry:
        """Seal and store an entry; the same kind and key again returns the entry there is.

        Raises ``ValueError`` for a ledger of the past.
        """
        if self.last_sequence is not None:
            raise ValueError(f"the ledger as of entry {self.last_sequence} takes no entries")
        stored: dict[str, object] = json.loads(canonical_json(payload))
        for _ in range(_ATTEMPTS):
            if existing := self.find(kind, key):
                return existing
            last = self._one(self._seen().order_by(_entries.c.sequence.desc()).limit(1))
            entry = seal(
                sequence=last.sequence + 1 if last else 1,
                time=self.clock.now(),
                kind=kind,
                key=key,
                actor=actor,
                payload=stored,
                previous_digest=last.digest if last else GENESIS_DIGEST,
            )
            try:
                with self.engine.begin() as connection:
                    connection.execute(_entries.insert().values(**_row(entry)))
            except IntegrityError:
                continue  # another writer appended first: read the chain's new end
            return entry
        raise SettingsError(
            f"the ledger took no entry in {_ATTEMPTS} attempts: too many writers at once; "
            "start the run again"
        )

    def find(self, kind: EntryKind, key: str) -> Entry | None:
        """The entry of this kind and key, if there is one."""
        return self._one(self._seen().where(_entries.c.kind == kind.value, _entries.c.key == key))

    def latest(self, kind: EntryKind) -> Entry | None:
        """The newest entry of a kind, if there is one."""
        newest = _entries.c.sequence.desc()
        return self._one(
            self._seen().where(_entries.c.kind == kind.value).order_by(newest).limit(1)
        )

    def entries(self, kind: EntryKind | None = None) -> list[Entry]:
        """All entries, or those of a kind, oldest first."""
        query = self._seen().order_by(_entries.c.sequence)
        if kind is not None:
            query = query.where(_entries.c.kind == kind.value)
        with self.engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def verify(self) -> int:
        """The number of entries, all intact.

        Raises :class:`~credit_limits.domain.errors.LedgerBroken` that names the first that is
        not.
        """
        return verify_chain(self.entries())

    def _seen(self) -> sa.Select[tuple[object, ...]]:
        query = sa.select(_entries)
        if self.last_sequence is None:
            return query
        return query.where(_entries.c.sequence <= self.last_sequence)

    def _one(self, query: sa.Select[tuple[object, ...]]) -> Entry | None:
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return _entry(row) if row is not None else None


def _row(entry: Entry) -> dict[str, object]:
    return {
        "sequence": entry.sequence,
        "time": entry.time.isoformat(),
        "kind": entry.kind.value,
        "key": entry.key,
        "actor": entry.actor,
        "payload": canonical_json(entry.payload).decode(),
        "payload_digest": entry.payload_digest,
        "previous_digest": entry.previous_digest,
        "digest": entry.digest,
    }


def _entry(row: sa.Row[tuple[object, ...]]) -> Entry:
    fields = dict(row._mapping)
    try:
        payload = json.loads(fields["payload"])
        if canonical_json(payload).decode() != fields["payload"]:
            raise ValueError("its payload is not in canonical form")
        time, kind = datetime.fromisoformat(fields["time"]), EntryKind(fields["kind"])
        if time.isoformat() != fields["time"]:
            raise ValueError("its time is not in ISO 8601 form")
    except ValueError as error:
        raise LedgerBroken(
            f"ledger entry {fields['sequence']} ({fields['kind']}, {fields['key']}) "
            f"was altered: {error}"
        ) from error
    return Entry(**(fields | {"payload": payload, "time": time, "kind": kind}))
