# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The measured process: the broker's real server, or the floor. `python -m broker.bench.target FILE`.

The floor does the mandatory work of a transfer alone: it takes the two calls through the same kind
of server, verifies both signatures, stores both messages and answers of the usual size in group
commits with the same durability, and signs both answers. No rulebook, no ledger, no mailbox.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any, Final

import grpc
import structlog
import uvloop

from broker.api.operator import Operations
from broker.api.server import BrokerServers, ServerSettings
from broker.app import DATABASE_ID, REGIMES, Parts, build_house, regime_services
from broker.bench.field import BROKER, NETWORK, receipt_signer
from broker.clearing.path.clerk import ClerkLimits
from broker.regime.regimes import Regimes
from broker.store.genesis import Network
from itmo.clearing.v1 import transaction_service_pb2
from itmo.clock import SystemClock
from itmo.ed25519 import key_id, verify
from itmo.envelope import Envelope, Signature, pae
from itmo.ids import RandomIds
from itmo.keys import MemorySigner, Signer
from itmo.payloads import to_proto
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.sqlite import open_reader, open_writer
from itmo.runtime.db.thread import Database, DatabaseThread
from itmo.runtime.garbage import spare_what_is_loaded
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.server import add_tls_port, make_server
from itmo.runtime.rpc.tls import TlsFiles

_UNLIMITED: Final = 10**9
_ANSWER_BYTES: Final = 4_200
"""About the size of a verdict."""
_MAX_GROUP: Final = 128
METHOD: Final = "/itmo.clearing.v1.TransactionService/Submit"


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
    if target["floor"]:
        keys = {node: bytes.fromhex(key) for node, key in target["keys"].items()}
        await _serve_floor(directory, tls, keys, stop)
    else:
        await _serve_broker(directory, tls, stop, regimes)


async def _serve_broker(
    directory: Path, tls: TlsFiles, stop: asyncio.Event, regimes: Regimes
) -> None:
    parts = Parts(
        network=Network(NETWORK, BROKER, test_network=True),
        clock=SystemClock(),
        ids=RandomIds(),
        signer=receipt_signer(directory),
        operator_signer=MemorySigner.from_seed(b"o" * 32),
        clerk_limits=ClerkLimits(),
        regimes=regimes,
    )
    database = directory / "broker.sqlite"
    writer = DatabaseThread(open_writer(database, application_id=DATABASE_ID), "writer")
    reader = DatabaseThread(open_reader(database), "reader")
    house = build_house(parts, writer, reader, lambda _: stop.set())
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
    servers = BrokerServers(
        house,
        settings,
        Operations(
            set_clock=keep_clock, accept_clock=keep_clock, take_up_keys=no_keys, tasks=tuple
        ),
        regime_services,
    )
    await servers.start()
    spare_what_is_loaded()
    print(servers.port, flush=True)  # noqa: T201  # the driver reads it
    await stop.wait()
    await servers.stop(house.stop)
    await writer.close()
    await reader.close()


async def _serve_floor(
    directory: Path, tls: TlsFiles, keys: dict[str, bytes], stop: asyncio.Event
) -> None:
    connection = open_writer(directory / "floor.sqlite", application_id=DATABASE_ID)
    connection.execute(
        "CREATE TABLE stored (id INTEGER PRIMARY KEY, message BLOB NOT NULL, answer BLOB NOT NULL)"
    )
    database = DatabaseThread(connection, "floor")
    by_keyid = {key_id(key): key for key in keys.values()}
    floor = _Floor(database, receipt_signer(directory), by_keyid)
    server = make_server(interceptors=[])
    handler = grpc.unary_unary_rpc_method_handler(
        floor.submit,
        request_deserializer=transaction_service_pb2.SubmitRequest.FromString,
        response_serializer=transaction_service_pb2.SubmitResponse.SerializeToString,
    )
    service, _, method = METHOD.strip("/").partition("/")
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    port = add_tls_port(server, "127.0.0.1:0", tls)
    task = asyncio.create_task(floor.run())
    await server.start()
    spare_what_is_loaded()
    print(port, flush=True)  # noqa: T201  # the driver reads it
    await stop.wait()
    task.cancel()
    await server.stop(1)
    await database.close()


class _Floor:
    """Verify, store in a group commit, sign."""

    def __init__(self, database: Database, signer: Signer, keys: dict[str, bytes]) -> None:
        self._database = database
        self._signer = signer
        self._keys = keys
        self._queue: list[tuple[bytes, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def submit(
        self,
        request: transaction_service_pb2.SubmitRequest,
        context: object,  # noqa: ARG002  # gRPC's signature
    ) -> transaction_service_pb2.SubmitResponse:
        envelope = request.envelope
        signature = envelope.signatures[0]
        signed = pae(envelope.payload_type, envelope.payload)
        if not verify(self._keys[signature.keyid], signed, signature.sig):
            raise RuntimeError("a pre-signed message does not verify")
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((envelope.payload, stored))
        self._wake.set()
        await stored
        answer = bytes(_ANSWER_BYTES)
        sig = self._signer.sign(pae("verdict", answer))
        return transaction_service_pb2.SubmitResponse(
            answers=[to_proto(Envelope(answer, "verdict", (Signature(self._signer.keyid, sig),)))]
        )

    async def run(self) -> None:
        while True:
            self._wake.clear()
            if not self._queue:
                await self._wake.wait()
            group, self._queue = self._queue[:_MAX_GROUP], self._queue[_MAX_GROUP:]
            rows = [(payload, bytes(_ANSWER_BYTES)) for payload, _ in group]
            await self._database.run(lambda connection, rows=rows: _store(connection, rows))  # type: ignore[misc]  # rows is bound now
            for _, stored in group:
                if not stored.done():
                    stored.set_result(None)


def _store(connection: Connection, rows: list[tuple[bytes, bytes]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO stored (message, answer) VALUES (?, ?)", rows)
    connection.execute("COMMIT")


def main(described: Path, regimes: Regimes = REGIMES) -> None:
    """Serves what a file describes; see `serve`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    uvloop.run(serve(json.loads(described.read_text()), regimes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
