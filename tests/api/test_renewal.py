# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates and keys exchanged on connections that stand, over real TLS."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from broker.authority import create_authority
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.core.v1 import statements_pb2
from itmo.joining import proof_of_possession_text
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.client import secure_channel
from itmo.runtime.rpc.renewing import RenewingChannel
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.timestamps import timestamp
from registry_node.adapters.grpc_link import GrpcLink
from registry_node.adapters.line import Line
from registry_node.broker_link import Cursor
from tests.api.broker_kit import Served, served
from tests.kit.clearing import BROKER, NETWORK, join_request

NEXT = MemorySigner.from_seed(b"next".ljust(32, b"."))
SOON = 10.0


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    async with served() as running:
        await running.world.admit("che", "CHE01")
        yield running


def link_of(broker: Served) -> tuple[GrpcLink, RenewingChannel]:
    files = broker.world.tls["che"]
    channel = RenewingChannel(
        files,
        lambda: secure_channel(f"127.0.0.1:{broker.port}", files, server_name="localhost"),
    )
    link = GrpcLink(Line(channel))
    channel.renewed = link.reconnect
    return link, channel


def put(source: TlsFiles, target: TlsFiles) -> None:
    """As `registry-node renew` does: the key, then the certificate."""
    source.key.replace(target.key)
    source.certificate.replace(target.certificate)


async def readmitted(broker: Served, overlap: timedelta) -> TlsFiles:
    files, tls_key_hash = broker.world.certified("che", "che-renewed")
    signer = MemorySigner.from_seed(b"che".ljust(32, b"."))
    await broker.world.operator.admit(
        join_request(signer, "che", ("CHE01",)), tls_key_hash, overlap=overlap
    )
    return files


async def test_a_node_shows_its_renewed_certificate_on_the_next_call(broker: Served) -> None:
    link, channel = link_of(broker)
    await link.network()
    first = channel.current()
    fresh = await readmitted(broker, timedelta(days=1))
    await link.network()  # the admission has not arrived: the key before is taken
    assert channel.current() is first
    put(fresh, broker.world.tls["che"])
    await link.network()
    assert channel.current() is not first
    broker.world.clock.advance(timedelta(days=2))
    await link.network()  # with the new one only
    await link.close()


async def test_the_key_before_is_taken_for_its_time_and_no_longer(broker: Served) -> None:
    link, _ = link_of(broker)
    await readmitted(broker, timedelta(days=1))
    await link.network()
    broker.world.clock.advance(timedelta(days=1))
    with pytest.raises(ProtocolError) as refused:
        await link.network()
    assert refused.value.reason is Reason.UNAUTHENTICATED
    await link.close()


async def test_files_that_do_not_fit_change_nothing(broker: Served) -> None:
    link, channel = link_of(broker)
    fresh = await readmitted(broker, timedelta(days=1))
    shutil.copy(fresh.certificate, broker.world.tls["che"].certificate)  # without its key
    with pytest.raises(ProtocolError, match="does not belong"):
        channel.renew()
    await link.network()
    shutil.copy(fresh.key, broker.world.tls["che"].key)
    assert channel.renew()
    assert not channel.renew()
    await link.network()
    await link.close()


async def test_a_stream_moves_to_the_new_connection_and_misses_nothing(broker: Served) -> None:
    link, channel = link_of(broker)
    taken: list[Cursor] = []
    arrived = asyncio.Event()

    async def follow() -> None:
        async for delivery in link.subscribe(taken[-1] if taken else Cursor(), 10):
            taken.append(Cursor(delivery.sequence, delivery.digest))
            arrived.set()

    world = broker.world
    await world.open_account(broker.che, "CHE01", 100, 1)
    following = asyncio.create_task(follow())
    await asyncio.wait_for(arrived.wait(), SOON)
    put(await readmitted(broker, timedelta(days=1)), world.tls["che"])
    assert channel.renew()
    await asyncio.wait_for(following, SOON)  # ended in order, not as a failure
    await world.open_account(broker.che, "CHE01", 100, 2)
    arrived.clear()
    following = asyncio.create_task(follow())
    await asyncio.wait_for(arrived.wait(), SOON)
    assert [each.sequence for each in taken] == [1, 2]
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following  # whoever waits can still end it
    await link.close()


async def test_an_authority_is_exchanged_while_connections_stand(broker: Served) -> None:
    """Both are trusted; the node has both before the broker shows a certificate of the new one."""
    world = broker.world
    directory, now = world.directory, datetime.now(UTC)
    old = (directory / "ca.pem").read_text()
    new = create_authority(NETWORK, directory / "n.pem", directory / "n.key", now, name="2036")
    (directory / "ca.pem").write_text(old + new.pem)  # the broker's trust, and here the node's too
    world.authority = new
    link, channel = link_of(broker)
    await link.network()
    put(await readmitted(broker, timedelta(days=1)), world.tls["che"])
    assert channel.renew()
    await link.network()
    key = generate_tls_key(directory / "server.next")
    issued = new.certify_server(BROKER, key.public_key(), [], now)
    (directory / "server.next").replace(directory / "server.key")
    (directory / "server.pem").write_text(issued.pem)
    (directory / "ca.pem").write_text(new.pem)
    assert channel.renew()  # which also has forgotten the old one
    await link.network()
    await link.close()


async def test_the_broker_takes_up_the_key_that_its_settings_name(broker: Served) -> None:
    operator = await broker.operator()
    before = await operator.TakeUpKeys(pb.TakeUpKeysRequest(), timeout=SOON)
    assert before.message_keyid == broker.world.parts.signer.keyid
    now = broker.world.clock.now()
    text = proof_of_possession_text(NETWORK, BROKER, NEXT.public_key)
    await broker.world.operator.state(
        PayloadKind.KEY_STATEMENT,
        statements_pb2.KeyStatement(
            node=BROKER,
            purpose=statements_pb2.KEY_PURPOSE_SIGN_RECEIPT,
            public_key=NEXT.public_key,
            not_before=timestamp(now),
            not_after=timestamp(now + timedelta(days=730)),
            proof_of_possession=NEXT.sign(text.encode()),
        ),
    )
    assert await broker.world.house.signer.change_to(NEXT)
    assert broker.world.house.signer.keyid == NEXT.keyid
    line = await broker.line("che")
    delivery = (await line.fetch(0)).deliveries[-1]
    assert [each.keyid for each in delivery.envelopes[-1].signatures] == [before.message_keyid]
