# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a database on a PostgreSQL server is reached: by its URL, of one server or of several.

Of several the one that takes writes is used, so that a failover is followed. Whatever the server's own
settings are, a commit here returns when it is as safe as the server can make it. A connection begins
with such a commit: what was visible on a server that has just come back may not be on its standby, and
from then on everything seen is.
"""

from __future__ import annotations

import re
import time
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.outages import ConnectionLost
from itmo.runtime.db.postgres import PostgresConnection

OLDEST: Final = 15
"""The oldest major version that the tests are run on."""
_DEFAULTS: Final[dict[str, Any]] = {
    "target_session_attrs": "read-write",
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that has gone without a word is missed within about ten seconds."""
_PAUSES: Final = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Seconds between attempts to reach a database that was lost; the last one stays."""
_SAFE: Final = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'"
_BARRIER: Final = "SELECT pg_logical_emit_message(true, 'itmo', '')"
_BARRIER_MS: Final = 10_000
_IDLE_MS: Final = 60_000
"""A transaction of a program that hangs gives its locks back."""
_MISSING: Final = re.compile(r'database "(.*?)" does not exist')
_RIGHTS: Final = re.compile(
    r"authentication failed|no password supplied|role .* does not exist|pg_hba|permission denied"
)


class Dialler:
    """Makes connections to a database, not more often than makes sense.

    Args:
        url: Where it is.
        name: What the server calls the connection.
        reads: Whether it reads only.
        most_ms: After how many milliseconds a statement is given up; 0 for never.
    """

    def __init__(self, url: str, name: str, *, reads: bool, most_ms: int = 0) -> None:
        known = conninfo_to_dict(url)
        defaults = {key: value for key, value in _DEFAULTS.items() if key not in known}
        self._told = make_conninfo(url, application_name=f"itmo {name}", **defaults)
        self._reads = reads
        self._most_ms = most_ms
        self._failed = 0
        self._not_before = 0.0

    def __call__(self) -> psycopg.Connection[Any]:
        """A connection.

        Raises:
            ConnectionLost: There is none to be had now.
        """
        if time.monotonic() < self._not_before:
            raise ConnectionLost("the database cannot be reached; it is tried again in a moment")
        raw = None
        try:
            raw = psycopg.connect(self._told, autocommit=True)
            self._set_up(raw)
        except psycopg.Error as error:
            if raw is not None:
                raw.close()
            self._not_before = time.monotonic() + _PAUSES[min(self._failed, len(_PAUSES) - 1)]
            self._failed += 1
            raise ConnectionLost(str(error).strip()) from error
        self._failed = 0
        return raw

    def _set_up(self, raw: psycopg.Connection[Any]) -> None:
        warned: list[str] = []
        raw.add_notice_handler(lambda told: warned.append(told.message_primary or ""))
        raw.execute(_SAFE)
        raw.execute(f"SET statement_timeout = {_BARRIER_MS}")
        raw.execute(_BARRIER)
        if warned:
            raw.close()
            raise psycopg.OperationalError(warned[0])
        raw.execute(f"SET statement_timeout = {self._most_ms}")
        raw.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_MS}")
        if self._reads:
            raw.execute("SET default_transaction_read_only = on")


def open_server(url: str, name: str, *, reads: bool, most_ms: int = 0) -> PostgresConnection:
    """Opens a database on a server.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, with what to do: no server there, no such database, no
            right to use it, or a server that is too old.
    """
    try:
        connection = PostgresConnection(Dialler(url, name, reads=reads, most_ms=most_ms))
    except (ConnectionLost, psycopg.ProgrammingError) as error:
        raise _refused(url, str(error)) from error
    fault = _fault(connection, reads=reads)
    if fault:
        connection.close()
        raise _invalid(url, fault)
    return connection


def with_database(url: str, name: str) -> str:
    """The same server, and another database there."""
    return make_conninfo(url, dbname=name)


def without_password(url: str) -> str:
    """The URL of a database without its password."""
    return re.sub(r"(//[^/:@]*):[^/@]*@", r"\1@", re.sub(r"password=[^&\s]*", "password=***", url))


def _fault(connection: PostgresConnection, *, reads: bool) -> str:
    """Why a database that was reached will not do; empty where it will."""
    version = connection.raw.info.server_version // 10_000
    if version < OLDEST:
        return f"is on PostgreSQL {version}; version {OLDEST} or later is needed."
    if connection.raw.info.encoding != "utf-8":
        return (
            "does not keep texts as UTF-8; make one that does: createdb --encoding=UTF8"
            " --template=template0 NAME."
        )
    (may,) = connection.execute(
        "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
    ).fetchone()
    if not may and not reads:
        user = connection.raw.info.user
        return (
            f"gives the role {user} no right to make tables; as its owner say: GRANT CREATE, USAGE"
            f" ON SCHEMA public TO {user}, or make the role the owner of the database."
        )
    return ""


def _refused(url: str, said: str) -> ProtocolError:
    said = " ".join(said.split())
    if missing := _MISSING.search(said):
        name = missing[1]
        return _invalid(
            url, f"does not exist; make it: createdb --encoding=UTF8 --template=template0 {name}."
        )
    if _RIGHTS.search(said):
        return _invalid(
            url,
            f"does not let the broker in: {said}. Make the role (createuser --pwprompt NAME), let it in"
            " (pg_hba.conf), and keep its password in ~/.pgpass.",
        )
    return _invalid(
        url,
        f"cannot be reached: {said}. Start the server there (Debian: apt install postgresql), or"
        " correct the setting; the page postgresql.md says how.",
    )


def _invalid(url: str, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"The database {without_password(url)} {fault}",
        setting="database.url",
        found=without_password(url),
    )
