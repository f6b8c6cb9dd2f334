# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL servers of a measurement: a primary and its strict synchronous standby, on this machine.

They listen on sockets in a directory that goes away. Every commit is answered when it is on the disk of
both; without the standby none is.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from itmo.reasons import ProtocolError, Reason

_DEBIAN: Final = Path("/usr/lib/postgresql")
_UNPRIVILEGED: Final = "postgres"
"""Whose server it is where root measures: PostgreSQL does not run as root."""
_NEEDED: Final = ("initdb", "postgres", "pg_basebackup", "pg_ctl", "pgbench")
_STANDBY: Final = "standby"
_OWNER: Final = "bench"
_READY_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_OPTIONS: Final = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "wal_level": "replica",
    "synchronous_commit": "on",
}
_NUMBERS: Final = count(1)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where databases are made, each for one measurement.

    Attributes:
        url: Of a database whose role may make others.
        pids: The servers' first processes, where they are of this machine.
        durability: What a commit waits for, told to people.
    """

    url: str
    pids: tuple[int, ...] = ()
    durability: str = "as the server is set, at least synchronous_commit on"

    def version(self) -> str:
        """The servers' version, as they say it."""
        from itmo.runtime.db.server import open_server

        connection = open_server(self.url, "bench", reads=True)
        try:
            return f"PostgreSQL {connection.execute('SHOW server_version').fetchone()[0]}"
        finally:
            connection.close()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, which is dropped in the end.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, with what to do.
        """
        from itmo.runtime.db.server import open_server, with_database

        name = f"itmo_bench_{os.getpid()}_{next(_NUMBERS)}"
        connection = open_server(self.url, "bench", reads=False)
        try:
            connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
            try:
                yield with_database(self.url, name)
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        finally:
            connection.close()


def programs() -> Path | None:
    """Where PostgreSQL's programs lie: on the path, or where Debian puts the newest."""
    found = shutil.which("initdb")
    debian = sorted(_DEBIAN.glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    for name in [*([Path(found).parent] if found else []), *debian]:
        if all((name / program).exists() for program in _NEEDED):
            return name
    return None


def missing(*, driver: bool = True) -> str:
    """What a pair of servers, and a broker on it, lack here; empty where nothing."""
    if driver and importlib.util.find_spec("psycopg") is None:
        return "has no driver here (pip install 'itmo-clearing-house[postgresql]')"
    if programs() is None:
        return f"not installed ({', '.join(_NEEDED)})"
    if os.geteuid() == 0 and _UNPRIVILEGED not in {each.pw_name for each in pwd.getpwall()}:
        return f"does not run as root, and there is no user {_UNPRIVILEGED}"
    return ""


@contextmanager
def strict_pair(directory: Path) -> Iterator[Servers]:
    """A primary and a standby without which it answers no commit.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, with what is missing, or what the servers said.
    """
    fault = missing()
    found = programs()
    if fault or found is None:
        raise _invalid(f"PostgreSQL {fault}; install it (Debian: apt install postgresql).")
    place = made_for_servers(directory)
    running: list[subprocess.Popen[bytes]] = []
    try:
        _run(found / "initdb", "-D", place / "primary", "-U", _OWNER, "-A", "trust",
             "-E", "UTF8", "--no-locale", cwd=place)  # fmt: skip
        strict = {"synchronous_standby_names": f"FIRST 1 ({_STANDBY})"}
        running.append(_start(found, place, "primary", strict))
        _run(found / "pg_basebackup", "-D", place / "standby", "-h", place / "primary.socket",
             "-U", _OWNER, "-R", "-X", "stream", "-d", f"application_name={_STANDBY}",
             cwd=place)  # fmt: skip
        running.append(_start(found, place, "standby", strict))
        url = f"postgresql://{_OWNER}@/postgres?host={place / 'primary.socket'}"
        yield Servers(
            url,
            tuple(each.pid for each in running),
            "strict synchronous pair: each commit is on two servers' disks before it is answered",
        )
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGINT)
            process.wait()


def made_for_servers(directory: Path) -> Path:
    """A folder that servers may write to, whoever measures."""
    place = directory / "postgres"
    place.mkdir(mode=0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(_UNPRIVILEGED)
        os.chown(place, owner.pw_uid, owner.pw_gid)
        for above in (directory, directory.parent):
            above.chmod(above.stat().st_mode | 0o011)
    return place


def as_other() -> Sequence[str]:
    """What stands before a command, so that it does not run as root."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", f"--reuid={_UNPRIVILEGED}", "--clear-groups")


def _run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(  # noqa: S603 - programs of the system, arguments of our own
        [*as_other(), *map(str, command)], capture_output=True, check=False, cwd=cwd
    )
    if done.returncode:
        raise _invalid(f"{command[0]}: {done.stderr.decode(errors='replace')[-300:]}")


def _start(
    found: Path, place: Path, name: str, settings: dict[str, str]
) -> subprocess.Popen[bytes]:
    socket = place / f"{name}.socket"
    _run("mkdir", "-m", "700", socket, cwd=place)
    options = {**_OPTIONS, **settings, "unix_socket_directories": str(socket)}
    words = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    with (place / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - as above
            [*as_other(), str(found / "postgres"), "-D", str(place / name), *words],
            stdout=log, stderr=log, start_new_session=True, cwd=place,
        )  # fmt: skip
    ready = place / name / "postmaster.pid"
    until = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < until:
        # The server says in this file when it takes connections, or would as a standby.
        if ready.exists() and ready.read_text().rstrip().endswith(("ready", "standby")):
            return process
        time.sleep(_LOOK_SECONDS)
    process.kill()
    process.wait()
    raise _invalid(f"a server did not start: {(place / f'{name}.log').read_text()[-300:]}")


def _invalid(said: str) -> ProtocolError:
    return ProtocolError(Reason.CONFIGURATION_INVALID, said, setting="--engine")
