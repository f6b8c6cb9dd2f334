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
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

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
_MISSED: Final = "; ".join(
    f"SET {name} = {value}"
    for name, value in {
        "tcp_keepalives_idle": _DEFAULTS["keepalives_idle"],
        "tcp_keepalives_interval": _DEFAULTS["keepalives_interval"],
        "tcp_keepalives_count": _DEFAULTS["keepalives_count"],
        "tcp_user_timeout": _DEFAULTS["tcp_user_timeout"],
    }.items()
)
"""And the server misses a program as soon: by itself it keeps the session, and its locks, for two hours."""
_PAUSES: Final = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Seconds between attempts to reach a database that was lost; the last one stays."""
_ALONG_INDICES: Final = "; ".join(
    f"SET {name} = off"
    for name in (
        "enable_seqscan",
        "enable_hashjoin",
        "enable_mergejoin",
        "enable_bitmapscan",
        "jit",
    )
)
"""What decides or answers a caller looks up a few rows of many, as SQLite always does. A server reads a table through that it
believes to be small, and it learns of its size once a minute; a list of keys it takes for a hundred. Of an index that is
read for a bitmap it does not note which rows are gone. See decision 0039."""
_SAFE: Final = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'"
_BARRIER: Final = "SELECT pg_logical_emit_message(true, 'itmo', '')"
_BARRIER_MS: Final = 10_000
_IDLE_MS: Final = 60_000
"""A transaction of a program that hangs gives its locks back."""
_SAFETY: Final = ("fsync", "full_page_writes")
"""Whatever the broker asks for, without these a commit is not on the disk, or is not whole there. Neither
time zone nor collation is looked at: times are numbers, and texts are compared byte by byte."""
_STANDING: Final = (
    "SELECT current_setting('server_encoding'),"
    " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), "
    + ", ".join(f"current_setting('{each}')" for each in _SAFETY)
)
_MISSING: Final = re.compile(r'database "(.*?)" does not exist')
_FULL: Final = re.compile(
    r"too many (?:clients|connections)|connection slots|connection limit exceeded"
)
_RIGHTS: Final = re.compile(
    r"authentication failed|no password supplied|role .* does not exist|pg_hba|permission denied"
)


class ServerAway(ProtocolError):  # noqa: N818  # the name says what happened
    """No connection to a server is to be had now; the remedy is the operator's, not a node's."""

    remedy = "Look at the database server, and try again once it takes connections."


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
        raw.execute("SET default_transaction_isolation = 'read committed'")
        raw.execute(_MISSED)
        raw.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_MS}")
        if self._reads:
            raw.execute("SET default_transaction_read_only = on")
        if self._most_ms or not self._reads:  # a report of an operator's reads whole tables
            raw.execute(_ALONG_INDICES)


def open_server(url: str, name: str, *, reads: bool, most_ms: int = 0) -> PostgresConnection:
    """Opens a database on a server.

    Raises:
        ServerAway: No server answers there, or it has no connection left, with what to do.
        ProtocolError: CONFIGURATION_INVALID, with what to do: no such database, no right to use it, or a
            server that is too old.
    """
    try:
        connection = PostgresConnection(Dialler(url, name, reads=reads, most_ms=most_ms))
    except (ConnectionLost, psycopg.ProgrammingError) as error:
        raise _refused(url, str(error)) from error
    try:
        fault = fault_of(standing_of(connection), reads=reads)
    except BaseException:
        connection.close()
        raise
    if fault:
        connection.close()
        raise _invalid(url, fault)
    return connection


@dataclass(frozen=True, slots=True)
class Standing:
    """What a server, and a database there, are.

    Attributes:
        version: Of the server, as it numbers them.
        encoding: Of texts.
        user: As whom it was reached.
        may_make_tables: Whether that one may.
        off: Settings that are off, of those without which what was committed can be lost.
    """

    version: int
    encoding: str
    user: str
    may_make_tables: bool
    off: tuple[str, ...] = ()


def standing_of(connection: PostgresConnection) -> Standing:
    """Asks the server."""
    encoding, may, *safe = connection.execute(_STANDING).fetchone()
    return Standing(
        version=connection.raw.info.server_version,
        encoding=encoding,
        user=connection.raw.info.user,
        may_make_tables=bool(may),
        off=tuple(name for name, found in zip(_SAFETY, safe, strict=True) if found == "off"),
    )


def fault_of(standing: Standing, *, reads: bool) -> str:
    """Why a database that was reached will not do; empty where it will."""
    version = standing.version // 10_000
    if version < OLDEST:
        return (
            f"is on PostgreSQL {version}; version {OLDEST} or later is needed: upgrade the server"
            " (pg_upgrade), or name another one."
        )
    if standing.encoding != "UTF8":
        return (
            f"keeps texts as {standing.encoding}, not as UTF8; make one that does: createdb"
            " --encoding=UTF8 --template=template0 NAME."
        )
    if not standing.may_make_tables and not reads:
        user = standing.user
        return (
            f"gives the role {user} no right to make tables; as its owner say: GRANT CREATE, USAGE"
            f" ON SCHEMA public TO {user}, or make the role the owner of the database."
        )
    return ""


def danger_of(standing: Standing) -> str:
    """Why what is committed there can be lost; empty where it cannot."""
    if not standing.off:
        return ""
    return (
        f"has {' and '.join(standing.off)} switched off: what was acknowledged can be lost when its"
        f" machine fails. Set {', '.join(f'{each} = on' for each in standing.off)} in its"
        " postgresql.conf and restart it."
    )


def with_database(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{quote(name)}").geturl()


def without_password(url: str) -> str:
    """The URL of a database without its password."""
    return re.sub(r"(//[^/:@]*):[^/@]*@", r"\1@", re.sub(r"password=[^&\s]*", "password=***", url))


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
    if _FULL.search(said):
        return _away(
            url,
            f"has no connection left: {said}. Raise max_connections there, or the limit of the role or"
            " of the database; a broker holds four connections, and three for each worker.",
        )
    return _away(
        url,
        f"cannot be reached: {said.rstrip('?.')}. Start the server there (Debian: apt install postgresql), or"
        " correct the setting; the page postgresql.md says how.",
    )


def _away(url: str, fault: str) -> ProtocolError:
    """Nothing is wrong with the settings, as far as one sees: a service manager is to try again."""
    return ServerAway(
        Reason.DATABASE_UNREACHABLE,
        f"The database {without_password(url)} {fault}",
        setting="database.url",
        found=without_password(url),
    )


def _invalid(url: str, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"The database {without_password(url)} {fault}",
        setting="database.url",
        found=without_password(url),
    )
