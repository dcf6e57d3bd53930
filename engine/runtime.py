"""One installation of the engine, and the two ways to use it: ``read`` gives a View, ``write`` a Command.

A command is one transaction. What it owes to other instances stands in ``job`` rows that it wrote; once it has
committed, the jobs of the families it touched are run at once as far as that is quick, and by a worker otherwise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from engine import clock, feel, keys, policy
from engine.access.granted import Granted
from engine.actor import ENGINE, Actor
from engine.allowance import Allowance
from engine.database import LIMIT_S, Database
from engine.errors import Unavailable
from engine.evidence import chain
from engine.keys import Keys
from engine.policy import Policy
from engine.retention import Retention

if TYPE_CHECKING:
    from engine.connector import Connectors


_log = logging.getLogger(__name__)


class Runtime:
    """A database, its secrets, its zone and what has been read from its definitions so far.

    Attributes:
        specs: read definitions by id; a definition never changes, so neither does an entry.
        after_commit: runs what a committed command owes; given by ``assembly``.
        connectors: an installation's own, beside those of the engine: type → declaration and callable.
        unsent: how much a person may have attached and not handed in.
        retention: how long what is done with is kept.
        confirms: whether a password is a person's own; given by whoever keeps the passwords. Without it nobody can
            sign.
    """

    def __init__(
        self,
        url: str,
        state: Path,
        *,
        zone: str = "Asia/Shanghai",
        synchronous: str | None = None,
        limit_s: float = LIMIT_S,
    ) -> None:
        self.database = Database(url, synchronous=synchronous, limit_s=limit_s)
        self.state = state
        self._keys, self._keys_of = keys.load(state), keys.changed(state)
        self.database.before_commit = lambda connection: chain.seal(connection, self.keys.history)
        self.zone = zone
        self.specs: dict[str, Any] = {}
        self.connectors: Connectors = {}
        self.after_commit: Callable[[Runtime, frozenset[str]], None] | None = None
        self.unsent = Allowance()
        self.retention = Retention()
        self.confirms: Callable[[View, str, str], bool] | None = None

    @property
    def keys(self) -> Keys:
        """The secrets as they stand in the files now: a key that is rotated counts for whatever is done next."""
        changed = keys.changed(self.state)
        if changed != self._keys_of:
            self._keys, self._keys_of = keys.reload(self.state, self._keys), changed
        return self._keys

    @contextmanager
    def read(self, actor: Actor = ENGINE, *, snapshot: bool = False) -> Iterator[View]:
        """Look without writing; with ``snapshot`` every statement sees the same moment."""
        with self.database.read(snapshot=snapshot) as connection:
            yield View(self, connection, actor)

    @contextmanager
    def write(self, actor: Actor = ENGINE, *, follow_up: bool = True) -> Iterator[Command]:
        """Carry out commands in one transaction, then do what they owe.

        Args:
            actor: who acts.
            follow_up: whether to run owed jobs right after the commit; a worker says no, it comes to them anyway.
        """
        with self.database.write() as connection:
            command = Command(self, connection, actor)
            yield command
        if follow_up and command.owing:
            self._follow_up(frozenset(command.owing))

    def _follow_up(self, roots: frozenset[str]) -> None:
        """Do what is owed. The command is kept by now: what fails here is not its failure, and a worker does it."""
        try:
            if self.after_commit is not None:
                self.after_commit(self, roots)
        except Unavailable:
            _log.warning("database away; what is owed waits for a worker")
        except Exception:
            _log.exception("what is owed waits for a worker")

    def close(self) -> None:
        """Give the database back."""
        self.database.close()


class View:
    """One look at the database: a connection, a moment, a person.

    ``now`` is read once, when it is first needed; ``evaluator`` answers every FEEL expression of this look at that
    moment.
    """

    def __init__(self, runtime: Runtime, connection: Connection, actor: Actor) -> None:
        self.runtime = runtime
        self.connection = connection
        self.actor = actor
        self._now: datetime | None = None
        self._evaluator: feel.Evaluator | None = None
        self._rules: Policy | None = actor.policy if isinstance(actor, Granted) else None

    @property
    def now(self) -> datetime:
        """Business time, aware, UTC."""
        if self._now is None:
            self._now = clock.now(self.connection)
        return self._now

    def at(self, moment: datetime) -> None:
        """Take the moment from a statement that has read the clock along with something else."""
        if self._now is None:
            self._now = moment

    @property
    def rules(self) -> Policy:
        """The policy in force: the one the actor was read under, else read once, when it is first needed."""
        if self._rules is None:
            self._rules = policy.current(self.connection)
        return self._rules

    def governed_by(self, version: int | None, digest: str | None) -> None:
        """Take the policy's version from a statement that has read it along with something else."""
        if self._rules is None:
            none = version is None or digest is None
            self._rules = Policy() if none else policy.known(self.connection, int(version or 0), str(digest))

    @property
    def evaluator(self) -> feel.Evaluator:
        """FEEL, at this moment and in the installation's zone."""
        if self._evaluator is None:
            self._evaluator = feel.Evaluator(self.now, self.runtime.zone, self.rules.calendar)
        return self._evaluator


class Command(View):
    """A View that may write.

    Attributes:
        owing: root ids of the families for which a job was written that is due at once.
        unsealed: what stands behind the placeholders that were handed to the interpreter in place of values to be
            sealed.
    """

    def __init__(self, runtime: Runtime, connection: Connection, actor: Actor) -> None:
        super().__init__(runtime, connection, actor)
        self._rules = None  # what is done is judged by the policy in force in this very transaction
        self.owing: set[str] = set()
        self.unsealed: dict[str, str] = {}
