"""The app database: one engine, reading, writing, and decisions that leave a trace.

SQLite runs in WAL with ``BEGIN IMMEDIATE`` for every write, so that writers queue instead of
failing; PostgreSQL keeps the tables in the schema ``shopsight``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from data_access.errors import DataError
from data_access.state.connections import make_state_engine, safe_url
from data_access.state.tables import AuditEntry, Json, StateRevision


class StaleWriteError(DataError):
    """Somebody else changed the row between reading and writing it."""


class StateUnreachableError(DataError):
    """The app database does not answer."""


class DecisionSession(Session):
    """The session of a decision; what is only known inside the transaction can be set on it.

    Attributes
    ----------
    object : what is decided about, e.g. ``"user:ada"``.
    before, after : JSON-ready values for the audit entry; never a secret.
    reason : one sentence, where a judgement overrides a check.
    entry_id : number of the audit entry, once the decision is written; 0 before.
    """

    entry_id: int = 0
    object: str = ""
    before: Json | None = None
    after: Json | None = None
    reason: str | None = None


class StateDatabase:
    """Users, decisions, audit and what the application must remember.

    Parameters
    ----------
    url : SQLAlchemy URL, ``sqlite:///…`` or ``postgresql://…``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = make_state_engine(url)
        self._writer = self.engine.execution_options(shopsight_writes=True)

    def __repr__(self) -> str:
        return f"StateDatabase({safe_url(self.url)!r})"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; its rows stay readable after it closed."""
        with Session(self.engine, expire_on_commit=False) as session, _explained(self.url):
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction without an audit entry: progress, log lines, heartbeats, sessions."""
        with (
            _explained(self.url),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def decide(
        self,
        actor: str,
        act: str,
        object: str,  # noqa: A002
        before: Json | None = None,
        after: Json | None = None,
        reason: str | None = None,
        *,
        at: datetime | None = None,
    ) -> Iterator[DecisionSession]:
        """One transaction: the decision, its audit entry, and the state revision plus one.

        Parameters
        ----------
        actor : user name, ``"key:NAME"``, ``"worker"`` or ``"command line"``.
        act : what was done, ``"noun.verbed"``.
        object : to what, ``"noun:name"``.
        before, after : JSON-ready; may also be set on the yielded session.
        reason : why, in words.
        at : naive UTC; now, unless given.

        Raises
        ------
        StaleWriteError : the row was changed by somebody else meanwhile; nothing is written.
        """
        with self.note(actor, act, object, before, after, reason, at=at) as session:
            _raise_revision(session)  # first: on PostgreSQL its row lock puts decisions in a queue
            yield session

    @contextmanager
    def note(
        self,
        actor: str,
        act: str,
        object: str,  # noqa: A002
        before: Json | None = None,
        after: Json | None = None,
        reason: str | None = None,
        *,
        at: datetime | None = None,
    ) -> Iterator[DecisionSession]:
        """As `decide`, for acts that change nothing that pages show, such as a login.

        The state revision stays, so that answers already computed stay valid.
        """
        with (
            _explained(self.url),
            DecisionSession(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.object, session.before, session.after = object, before, after
            session.reason = reason
            yield session
            entry = AuditEntry(
                at=at or utc_now(),
                actor=actor,
                act=act,
                object=session.object,
                before=session.before,
                after=session.after,
                reason=session.reason,
            )
            session.add(entry)
            session.flush()
            session.entry_id = entry.entry_id

    def revision(self) -> int:
        """The number that rises with each decision; part of every cache key."""
        with self.read() as session:
            return session.scalar(select(StateRevision.revision)) or 0

    def upgrade(self) -> None:
        """Bring the tables to the newest migration; safe when several processes start at once."""
        from data_access.state.upgrades import upgrade  # Alembic takes 0.2 s to import

        with _explained(self.url):
            upgrade(self.engine)

    def close(self) -> None:
        self.engine.dispose()


def utc_now() -> datetime:
    """Now as a naive UTC instant, the way every instant is stored."""
    return datetime.now(UTC).replace(tzinfo=None)


def _raise_revision(session: Session) -> None:
    raised: Any = session.execute(
        update(StateRevision)
        .where(StateRevision.only == 1)
        .values(revision=StateRevision.revision + 1)
        .execution_options(synchronize_session=False)
    )
    if raised.rowcount == 0:
        session.add(StateRevision(only=1, revision=1))
        session.flush()


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn the database's errors that staff can meet into sentences with a remedy."""
    try:
        yield
    except StaleDataError as error:
        raise stale() from error
    except OperationalError as error:
        raise StateUnreachableError(
            f"The app database {safe_url(url)} did not answer: {_first_line(error)}",
            remedy="Check that the database runs, that its disk has room and that "
            "APP_DATABASE_URL names it; then try again.",
        ) from error
    except IntegrityError as error:
        raise DataError(
            "The app database refused the change; nothing was saved.",
            remedy="Something with the same name or number exists already. Reload and look again.",
        ) from error


def stale() -> StaleWriteError:
    return StaleWriteError(
        "Somebody else changed this meanwhile; nothing was saved.",
        remedy="Reload to see the newest state, then decide again.",
    )


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().split("\n")[0]
