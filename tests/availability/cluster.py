# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Three PostgreSQL servers under Patroni, with three members of etcd, on loopback: started, killed, cut off."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any, Final

import psycopg

from deploy.demo.programs import free_address
from tests.availability.proxy import Proxy

CONFIG: Final = Path(__file__).parents[2] / "deploy" / "config"
NAMES: Final = ("a", "b", "c")
ETCD_MEMBERS: Final = 3
READY_SECONDS: Final = 90.0
_HOST: Final = "127.0.0.1"
_ASK_SECONDS: Final = 2.0


class NotAvailable(Exception):  # noqa: N818  # a standing, not a mistake
    """The cluster does not come to be as it should."""


def missing() -> str:
    """What is not installed that a cluster needs; empty where nothing."""
    if shutil.which("etcd") is None:
        return "etcd (Debian: apt install etcd-server)"
    if _programs() is None:
        return "a PostgreSQL server of version 15 or later (Debian: apt install postgresql)"
    if importlib.util.find_spec("patroni") is None:
        return "Patroni (pip install --group availability)"
    return ""


def _programs() -> Path | None:
    found = sorted(
        (int(each.parent.name), each)
        for each in Path("/usr/lib/postgresql").glob("[0-9]*/bin")
        if (each / "initdb").exists() and int(each.parent.name) >= 15
    )
    return found[-1][1] if found else None


@dataclass
class Member:
    """A server and its Patroni.

    Attributes:
        name: Its name.
        folder: Where everything of it lies.
        port: The server's.
        rest_port: Patroni's.
        to_etcd: What stands between it and each member of etcd.
        process: Patroni.
    """

    name: str
    folder: Path
    port: int
    rest_port: int
    to_etcd: tuple[Proxy, ...]
    process: subprocess.Popen[bytes] | None = None

    def ask(self, path: str, told: dict[str, str] | None = None) -> Any:  # noqa: ANN401  # JSON
        """What its Patroni answers; None where it does not."""
        request = urllib.request.Request(
            f"http://{_HOST}:{self.rest_port}{path}",
            data=None if told is None else json.dumps(told).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30 if told else _ASK_SECONDS) as answer:
                text = answer.read().decode()
        except (OSError, urllib.error.URLError):
            return None
        try:
            return json.loads(text)
        except ValueError:
            return text


@dataclass
class Cluster:
    """All of it.

    Attributes:
        home: Where everything lies.
        sooner: What Patroni is told otherwise than by the example, to see the same in less time.
        disk_megabytes: The size of the disk of each server; 0: they share that of the machine.
    """

    home: Path
    sooner: Mapping[str, str] = field(default_factory=dict)
    disk_megabytes: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    secrets: dict[str, str] = field(
        default_factory=lambda: {
            name: secrets.token_hex(12) for name in ("superuser", "replication", "rewind", "broker")
        }
    )
    _etcd: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The broker's database, wherever it can be written to at present."""
        hosts = ",".join(f"{_HOST}:{each.port}" for each in self.members.values())
        return f"postgresql://itmo:{self.secrets['broker']}@{hosts}/itmo?target_session_attrs=read-write"

    async def start(self) -> None:
        """Starts all of it, and makes the broker's database.

        Raises:
            NotAvailable: it does not come up in time.
        """
        self.home.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.home, _user())
            self.home.chmod(0o755)
        clients = self._start_etcd()
        for name in NAMES:
            proxies = tuple(Proxy((_HOST, port)) for port in clients)
            for proxy in proxies:
                await proxy.start()
            folder = self.home / name
            folder.mkdir(mode=0o700)
            if self.disk_megabytes:
                _mount(folder, self.disk_megabytes)
            if os.geteuid() == 0:
                shutil.chown(folder, _user())
            member = Member(name, folder, _port(), _port(), proxies)
            self.members[name] = member
            self._write(member)
        for member in self.members.values():
            self.start_member(member)
        await self.until_whole()
        await asyncio.to_thread(self._make_database)

    def _start_etcd(self) -> list[int]:
        ports = [(_port(), _port()) for _ in range(ETCD_MEMBERS)]
        everybody = ",".join(
            f"etcd{at}=http://{_HOST}:{peer}" for at, (_, peer) in enumerate(ports)
        )
        template = Template((CONFIG / "etcd.example.yml").read_text())
        for at, (client, peer) in enumerate(ports):
            file = self.home / f"etcd{at}.yml"
            file.write_text(
                template.substitute(
                    name=f"etcd{at}", folder=self.home / f"etcd{at}", host=_HOST,
                    client_port=client, peer_port=peer, members=everybody,
                )
            )  # fmt: skip
            self.start_etcd(at)
        return [client for client, _ in ports]

    def start_etcd(self, at: int) -> None:
        """Starts a member of etcd."""
        with (self.home / f"etcd{at}.log").open("ab") as log:
            self._etcd[at] = subprocess.Popen(
                ["etcd", "--config-file", self.home / f"etcd{at}.yml"], stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill_etcd(self, at: int) -> None:
        """Ends a member of etcd as a power cut would."""
        self._etcd[at].kill()
        self._etcd[at].wait()

    def _write(self, member: Member) -> None:
        text = (CONFIG / "patroni.example.yml").read_text()
        for setting, value in self.sooner.items():
            text = re.sub(rf"(?m)^( *{setting}:) .*$", rf"\1 {value}", text)
        template = Template(text)
        file = member.folder / "patroni.yml"
        file.touch(0o600)
        file.write_text(
            template.substitute(
                name=member.name, host=_HOST, port=member.port, rest_port=member.rest_port,
                etcd=",".join(f"{_HOST}:{each.port}" for each in member.to_etcd),
                folder=member.folder, bin=_programs(), watchdog="off",
                **{f"{name}_password": word for name, word in self.secrets.items()},
            )
        )  # fmt: skip
        if os.geteuid() == 0:
            shutil.chown(file, _user())

    def start_member(self, member: Member) -> None:
        """Starts a server's Patroni, which starts the server."""
        with (member.folder / "log").open("ab") as log:
            member.process = subprocess.Popen(
                [
                    *_as_user(), sys.executable, "-m", "patroni", member.folder / "patroni.yml",
                ],
                stdout=log, stderr=log, start_new_session=True, cwd="/",
            )  # fmt: skip

    def kill(self, member: Member) -> None:
        """Ends a server and its Patroni as if the machine had lost its power."""
        for each in _processes(member):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        if member.process is not None:
            member.process.wait()

    def fill_disk(self, member: Member) -> None:
        """Leaves no byte on the disk of a server."""
        with suppress(OSError), (member.folder / "full").open("wb", buffering=0) as file:
            while file.write(bytes(1024 * 1024)):
                pass
        with suppress(psycopg.Error), self.connect(member) as connection:
            while True:  # until there is no room for the next piece of its log
                connection.execute("SELECT pg_switch_wal(), pg_logical_emit_message(true, '', '')")

    def empty_disk(self, member: Member) -> None:
        """Gives the room back."""
        (member.folder / "full").unlink()

    async def standby(self) -> Member:
        """The synchronous standby."""
        await self.until_whole()
        said = await asyncio.to_thread(self._cluster)
        return self.members[next(each["name"] for each in said if each["role"] == "sync_standby")]

    def leader(self) -> Member | None:
        """The server that takes writes, by its own word; None where there is none at present."""
        for member in self.members.values():
            said = member.ask("/patroni")
            if said and said.get("role") in {"master", "primary"} and said["state"] == "running":
                return member
        return None

    async def until_leader(self, other_than: Member | None = None) -> Member:
        """Waits for a leader."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            found = await asyncio.to_thread(self.leader)
            if found is not None and found is not other_than:
                return found
            await asyncio.sleep(0.25)
        raise NotAvailable(f"no leader within {READY_SECONDS:g} s")

    async def until_whole(self) -> None:
        """Waits until all three run and one of them is the synchronous standby."""
        until = time.monotonic() + READY_SECONDS
        said: list[dict[str, Any]] = []
        while time.monotonic() < until:
            for member in self.members.values():
                if member.process is not None and member.process.poll() is not None:
                    self.start_member(member)
            said = await asyncio.to_thread(self._cluster)
            roles = sorted(each["role"] for each in said if each["state"] in _RUNS)
            if roles == ["leader", "replica", "sync_standby"]:
                return
            await asyncio.sleep(0.25)
        raise NotAvailable(f"the cluster is not whole within {READY_SECONDS:g} s: {said}")

    def _cluster(self) -> list[dict[str, Any]]:
        for member in self.members.values():
            said = member.ask("/cluster")
            if said and "members" in said:
                found: list[dict[str, Any]] = said["members"]
                return found
        return []

    async def switch_over(self) -> Member:
        """Has the leader hand over in order; returns the new one.

        It is asked until another leads, as an operator would: Patroni refuses where the standby has not caught
        up yet, and where somebody else leads already.
        """
        old = await self.until_leader()
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            await asyncio.to_thread(old.ask, "/switchover", {"leader": old.name})
            found = await asyncio.to_thread(self.leader)
            if found is not None and found is not old:
                return found
            await asyncio.sleep(0.25)
        raise NotAvailable(f"{old.name} did not hand over within {READY_SECONDS:g} s")

    def connect(self, member: Member, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of the owner of everything to one server."""
        return psycopg.connect(
            host=_HOST, port=member.port, user="postgres", dbname=database,
            password=self.secrets["superuser"], autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def _make_database(self) -> None:
        leader = self.leader()
        if leader is None:
            raise NotAvailable("no leader")
        with self.connect(leader) as connection:
            connection.execute(f"CREATE ROLE itmo LOGIN PASSWORD '{self.secrets['broker']}'")
            connection.execute("CREATE DATABASE itmo OWNER itmo")

    async def stop(self) -> None:
        """Ends everything."""
        for member in self.members.values():
            self.kill(member)
            for proxy in member.to_etcd:
                await proxy.stop()
            if self.disk_megabytes:
                await asyncio.to_thread(_unmount, member.folder)
        for process in self._etcd.values():
            process.kill()
            process.wait()


_RUNS: Final = frozenset({"running", "streaming"})


def may_mount() -> bool:
    """Whether a disk can be made for each server."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


def _mount(folder: Path, megabytes: int) -> None:
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", folder], check=True
    )


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", folder], check=False)


def _port() -> int:
    return int(free_address().rpartition(":")[2])


def _user() -> str:
    """Who the servers run as, which refuse to run as root."""
    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _as_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    user = _user()
    # The interpreter may lie in root's own folder; the server itself needs nothing there.
    return [
        "setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups",
        "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search",
    ]  # fmt: skip


def _processes(member: Member) -> list[int]:
    """Patroni and every process of the server, by the folder they work in or were started with."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            line = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = str((each / "cwd").readlink())
        except OSError:
            continue
        folder = str(member.folder)
        if where.startswith(f"{folder}/data") or f"{folder}/" in line:
            found.append(int(each.name))
    return found
