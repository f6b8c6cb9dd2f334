# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The floor: the mandatory work of a transfer alone, through the same kind of server.

It takes the two calls, verifies both signatures, stores both messages and answers of the broker's size in
group commits with the same durability, and signs both answers. No rulebook, no ledger, no mailbox. An
echo leaves out the storing, or the signatures, too.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Final

import grpc

from broker.bench.field import TargetKind, receipt_signer
from broker.bench.transfers import SUBMIT
from broker.store.engines import DATABASE_ID
from itmo.clearing.v1 import transaction_service_pb2
from itmo.ed25519 import key_id, verify
from itmo.envelope import Envelope, Signature, pae
from itmo.keys import Signer
from itmo.payloads import to_proto
from itmo.runtime.db.sqlite import Writer, open_writer
from itmo.runtime.db.thread import DatabaseThread
from itmo.runtime.garbage import spare_what_is_loaded
from itmo.runtime.rpc.server import add_tls_port, make_server
from itmo.runtime.rpc.tls import TlsFiles

ANSWER_BYTES: Final = 430
"""The mean of the verdict on a single transfer and its receipt; a test compares them."""
_MAX_GROUP: Final = 128


async def serve_floor(
    kind: TargetKind, directory: Path, tls: TlsFiles, keys: dict[str, bytes], stop: asyncio.Event
) -> None:
    """Serves until told to stop; says on standard output which port."""
    connection = open_writer(directory / f"{kind}.sqlite", application_id=DATABASE_ID)
    connection.execute(
        "CREATE TABLE stored (id INTEGER PRIMARY KEY, message BLOB NOT NULL, answer BLOB NOT NULL)"
    )
    database = DatabaseThread(connection, "floor")
    by_keyid = {key_id(key): key for key in keys.values()}
    floor = _Floor(kind, database, receipt_signer(directory), by_keyid)
    server = make_server(interceptors=[])
    handler = grpc.unary_unary_rpc_method_handler(
        floor.submit,
        request_deserializer=transaction_service_pb2.SubmitRequest.FromString,
        response_serializer=transaction_service_pb2.SubmitResponse.SerializeToString,
    )
    service, _, method = SUBMIT.strip("/").partition("/")
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
    """Verify, store in a group commit, sign; or less."""

    def __init__(
        self,
        kind: TargetKind,
        database: DatabaseThread[Writer],
        signer: Signer,
        keys: dict[str, bytes],
    ) -> None:
        self._stores = kind is TargetKind.FLOOR
        self._signs = kind is not TargetKind.ECHO
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
        if self._signs:
            signed = pae(envelope.payload_type, envelope.payload)
            if not verify(self._keys[signature.keyid], signed, signature.sig):
                raise RuntimeError("a message that was signed in advance does not verify")
        if self._stores:
            stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queue.append((envelope.payload, stored))
            self._wake.set()
            await stored
        answer = bytes(ANSWER_BYTES)
        sig = self._signer.sign(pae("verdict", answer)) if self._signs else bytes(64)
        return transaction_service_pb2.SubmitResponse(
            answers=[to_proto(Envelope(answer, "verdict", (Signature(self._signer.keyid, sig),)))]
        )

    async def run(self) -> None:
        while True:
            self._wake.clear()
            if not self._queue:
                await self._wake.wait()
            group, self._queue = self._queue[:_MAX_GROUP], self._queue[_MAX_GROUP:]
            rows = [(payload, bytes(ANSWER_BYTES)) for payload, _ in group]
            await self._database.run(lambda connection, rows=rows: _store(connection, rows))  # type: ignore[misc]  # rows is bound now
            for _, stored in group:
                if not stored.done():
                    stored.set_result(None)


def _store(connection: sqlite3.Connection, rows: list[tuple[bytes, bytes]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO stored (message, answer) VALUES (?, ?)", rows)
    connection.execute("COMMIT")
