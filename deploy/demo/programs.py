# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The two programs as processes: commands that end, and services that run until they are ended."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

BIN: Final = Path(sys.executable).parent
COMMAND_SECONDS: Final = 60.0
READY_SECONDS: Final = 30.0
DATABASE: Final = "ITMO_BROKER_DATABASE"
"""The URL of an empty database of a server; without it, or with nothing in it, the broker's is a file."""
STOP_SECONDS: Final = 8.0
_LONGEST_SOCKET_PATH: Final = 100
_TAIL: Final = 12


class DemoFailed(Exception):  # noqa: N818  # says what happened
    """Something did not come out as it must."""


@dataclass
class Service:
    """A program that serves."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Programs:
    """Every process of the demonstration.

    Attributes:
        home: Holds a directory for each program, and their logs.
        cores: How many commands may run at once.
        patience: Seconds in which something has to become so.
    """

    home: Path
    cores: int = 2
    patience: float = READY_SECONDS
    services: dict[str, Service] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.cores)
        # Settings and proxies of whoever runs this must not reach into the demonstration, but for the one
        # that says on which engine it plays.
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if (name == DATABASE and value)
            or (not name.startswith("ITMO_") and not name.lower().endswith("_proxy"))
        }
        longest = max(len(str(self.home / name / "operator.sock")) for name in ("broker", "tha"))
        if longest > _LONGEST_SOCKET_PATH:
            raise DemoFailed(f"{self.home} is too long a path for socket files; go somewhere else")

    async def broker(
        self,
        *words: str | Path,
        accept: tuple[int, ...] = (0,),
        seconds: float = COMMAND_SECONDS,
    ) -> Any:  # noqa: ANN401  # JSON
        """Runs a command of the broker with --json and returns what it printed."""
        return await self._command("broker", "broker", words, accept, seconds)

    async def node(
        self,
        name: str,
        *words: str | Path,
        accept: tuple[int, ...] = (0,),
        seconds: float = COMMAND_SECONDS,
    ) -> Any:  # noqa: ANN401  # JSON
        """Runs a command of a node with --json and returns what it printed."""
        return await self._command("registry-node", name, words, accept, seconds)

    async def _command(
        self,
        program: str,
        name: str,
        words: tuple[str | Path, ...],
        accept: tuple[int, ...],
        seconds: float,
    ) -> Any:  # noqa: ANN401  # JSON
        line = [str(BIN / program), "--dir", str(self.home / name), *map(str, words), "--json"]
        async with self._free:
            process = await asyncio.create_subprocess_exec(
                *line,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(seconds):
                    told, complaint = await process.communicate()
            except TimeoutError:
                shown = " ".join([program, *map(str, words)])
                raise DemoFailed(f"`{shown}` did not end within {seconds:g} s") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        shown = " ".join([program, "--dir", name, *map(str, words)])
        if process.returncode not in accept:
            said = (complaint or told).decode(errors="replace").strip()
            raise DemoFailed(f"`{shown}` ended with {process.returncode}: {said[-1500:]}")
        try:
            return json.loads(told)
        except ValueError:
            raise DemoFailed(f"`{shown}` printed no JSON: {told[:500]!r}") from None

    def serve(self, name: str, environment: Mapping[str, str] = MappingProxyType({})) -> Service:
        """Starts a program that serves; it is in a session of its own, so Ctrl-C is ours alone."""
        program = "broker" if name == "broker" else "registry-node"
        log = self.home / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603  # our own program
                [BIN / program, "--dir", self.home / name, "serve"],
                env={**self._environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        service = Service(name, process, log)
        self.services[name] = service
        return service

    async def until(self, what: str, ready: Callable[[], Awaitable[bool]]) -> None:
        """Waits until something is so.

        Raises:
            DemoFailed: it does not become so, or a service has ended.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.patience):
                while not self._ended():
                    if await ready():
                        return
                    await asyncio.sleep(0.02)
        raise DemoFailed(f"waited for {what}, but {self._ended() or 'it took too long'}")

    def _ended(self) -> str:
        return ", ".join(
            f"{name} ended with {service.process.returncode}"
            for name, service in self.services.items()
            if service.process.poll() is not None
        )

    def kill(self, name: str) -> None:
        """Ends a service as a power cut would."""
        service = self.services[name]
        service.process.send_signal(signal.SIGKILL)
        service.process.wait()

    def stop(self) -> None:
        """Ends every service: nodes first, in order, and by force what does not end."""
        running = [s for s in reversed(self.services.values()) if s.process.poll() is None]
        for service in running:
            service.process.send_signal(signal.SIGTERM)
        for service in running:
            try:
                service.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                service.process.kill()
                service.process.wait()

    def pids(self) -> list[int]:
        """Process ids of what runs."""
        return [s.process.pid for s in self.services.values() if s.process.poll() is None]

    def tails(self) -> list[tuple[str, list[str]]]:
        """The last lines of every log, under the name of the service and how it fares."""
        found = []
        for name, service in self.services.items():
            ended = service.process.poll()
            fares = "runs" if ended is None else f"ENDED with {ended}"
            lines = service.log.read_text(errors="replace").splitlines()[-_TAIL:]
            found.append((f"{name}, which {fares}", lines))
        return found


def free_address() -> str:
    """Returns an address on which nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def cores() -> int:
    """How many commands are worth running at once."""
    return max(2, min(4, os.cpu_count() or 2))
