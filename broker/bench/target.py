# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The measured process: the broker's real server, or the floor. `python -m broker.bench.target FILE`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop

from broker.api.operator import Operations
from broker.api.server import BrokerServers, ServerSettings
from broker.app import Parts, build_house, regime_services
from broker.bench.field import BROKER, NETWORK, TargetKind, receipt_signer
from broker.bench.floor import serve_floor
from broker.clearing.path.clerk import ClerkLimits
from broker.known_regimes import REGIMES
from broker.regime.regimes import Regimes
from broker.store.engines import Books, groups_of, taken
from broker.store.genesis import Network, read_network
from broker.store.log_head import log_end
from broker.workers.front import WorkerFront
from itmo.clock import SystemClock
from itmo.ids import RandomIds
from itmo.keys import MemorySigner
from itmo.runtime.db.head import keep
from itmo.runtime.garbage import spare_what_is_loaded
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.tls import TlsFiles

_UNLIMITED: Final = 10**9


async def serve(target: dict[str, Any], regimes: Regimes = REGIMES) -> None:
    """Serves until told to stop; says on standard output which port.

    Args:
        target: What `write_target` wrote.
        regimes: By which the broker judges.
    """
    directory = Path(target["directory"])
    tls = TlsFiles(*(Path(each) for each in target["tls"]))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    kind = TargetKind(target["kind"])
    if kind is TargetKind.BROKER:
        books = Books(directory / "broker.sqlite", target["url"])
        await _serve_broker(directory, books, tls, stop, regimes, target["workers"])
    else:
        keys = {node: bytes.fromhex(key) for node, key in target["keys"].items()}
        await serve_floor(kind, directory, tls, keys, stop)


async def _serve_broker(
    directory: Path,
    books: Books,
    tls: TlsFiles,
    stop: asyncio.Event,
    regimes: Regimes,
    workers: int,
) -> None:
    parts = Parts(
        network=Network(NETWORK, BROKER, test_network=True),
        clock=SystemClock(),
        ids=RandomIds(),
        signer=receipt_signer(directory),
        operator_signer=MemorySigner.from_seed(b"o" * 32),
        clerk_limits=ClerkLimits().behind_workers() if workers else ClerkLimits(),
        regimes=regimes,
    )
    connection = books.open_writer()
    taken(connection)
    # As it is served: what was answered is noted beside the database, and on the disk, too.
    connection.head = keep(books.file, log_end(connection))
    writer = books.writing(connection)
    reader = books.reading("reader")
    stored = groups_of(connection)
    house = build_house(parts, writer, reader, lambda _: stop.set(), stored=stored)
    await house.start()

    async def keep_clock(moment: Any) -> Any:  # noqa: ANN401  # never called in a measurement
        return moment

    async def no_keys() -> tuple[str, str]:
        return "", ""

    settings = ServerSettings(
        listen="127.0.0.1:0",
        tls=tls,
        operator_socket=directory / "operator.sock",
        test_network=True,
        reflection=False,
        call_limits=CallLimits(rate_per_second=_UNLIMITED, burst=_UNLIMITED),
    )
    operations = Operations(
        set_clock=keep_clock, accept_clock=keep_clock, take_up_keys=no_keys, tasks=tuple
    )
    servers: BrokerServers | WorkerFront
    if workers:
        network = await reader.run(read_network)
        database_id = network.database_id if network else ""
        servers = WorkerFront(house, settings, operations, directory, workers, database_id)
    else:
        servers = BrokerServers(house, settings, operations, regime_services)
    await servers.start()
    await servers.serving(yes=True)
    spare_what_is_loaded()
    print(servers.port, flush=True)  # noqa: T201  # the driver reads it
    await stop.wait()
    await servers.stop(house.stop)
    await writer.close()
    await reader.close()


def main(described: Path, regimes: Regimes = REGIMES) -> None:
    """Serves what a file describes; see `serve`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    os.environ.setdefault(
        "GRPC_ENABLE_FORK_SUPPORT", "0"
    )  # as `broker serve`: workers are no forks
    uvloop.run(serve(json.loads(described.read_text()), regimes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
