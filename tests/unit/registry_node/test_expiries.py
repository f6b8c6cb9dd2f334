# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What ends at a node is told 60, 30 and 7 days before, and when it has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from broker.authority import create_authority
from itmo.expiry import Nearness, Thing
from itmo.identifiers import NodeId
from itmo.keys import Keyring
from itmo.runtime.cli import standing_shown
from itmo.runtime.rpc.tls import TlsFiles
from itmo.runtime.rpc.tls_keys import generate_tls_key
from registry_node.expiries import NodeExpiries
from registry_node.service import RegistryNode
from tests.kit import wishes
from tests.unit.registry_node.broker_double import BROKER_KEY, NETWORK, Network

DAY = timedelta(days=1)
NAME = "tha-registry"


@pytest.fixture
async def network() -> Network:
    return Network()


@pytest.fixture
async def node(network: Network) -> RegistryNode:
    return await network.join(NAME, "THA01")


@pytest.fixture
def expiries(node: RegistryNode, tmp_path: Path) -> NodeExpiries:
    now = node.clock.now()
    authority = create_authority(NETWORK, tmp_path / "ca.pem", tmp_path / "ca.key", now)
    key = generate_tls_key(tmp_path / "tls.key")
    issued = authority.certify_server(NodeId(NAME), key.public_key(), [], now)
    (tmp_path / "node.pem").write_text(issued.pem)
    node.opener.broker_keys = Keyring([replace(BROKER_KEY, not_after=now + 3000 * DAY)])
    return NodeExpiries(
        node,
        tls=TlsFiles(tmp_path / "ca.pem", tmp_path / "node.pem", tmp_path / "tls.key"),
        database=tmp_path / "node.db",
    )


async def near(expiries: NodeExpiries) -> dict[tuple[str, str], Nearness]:
    return {
        (each.thing.value, each.owner): each.nearness
        for each in await expiries.find()
        if each.nearness is not Nearness.FAR
    }


async def test_everything_with_an_end_is_known(expiries: NodeExpiries) -> None:
    assert {(each.thing, each.owner) for each in await expiries.find()} == {
        (Thing.TLS_CERTIFICATE, NAME),
        (Thing.TLS_AUTHORITY, NETWORK),
        (Thing.SIGNING_KEY, NAME),
        (Thing.SIGNING_KEY, "hub"),
    }
    assert await near(expiries) == {}


async def test_the_certificate_and_the_brokers_key_are_told(
    network: Network, expiries: NodeExpiries
) -> None:
    network.clock.advance(336 * DAY)
    assert await near(expiries) == {("TLS_CERTIFICATE", NAME): Nearness.WITHIN_30_DAYS}
    network.clock.advance(2660 * DAY)
    found = await near(expiries)
    assert found["TLS_CERTIFICATE", NAME] is Nearness.ENDED
    assert found["SIGNING_KEY", "hub"] is Nearness.WITHIN_7_DAYS
    standing = await expiries.standing()
    assert standing_shown.ends(standing)
    assert standing_shown.ended(standing)


async def test_the_end_of_the_own_key_is_what_the_broker_registered(
    network: Network, node: RegistryNode, expiries: NodeExpiries
) -> None:
    (known,) = network.broker.keys[NAME]
    registered = replace(known, not_after=network.clock.now() + 20 * DAY)
    network.broker.keys[NAME] = [registered]
    assert await near(expiries) == {}  # nobody has asked yet
    await node.directory.refresh_own()
    assert await near(expiries) == {("SIGNING_KEY", NAME): Nearness.WITHIN_30_DAYS}
    network.broker.keys[NAME] = [replace(registered, revoked_at=network.clock.now())]
    await node.directory.refresh_own()
    assert await near(expiries) == {("SIGNING_KEY", NAME): Nearness.ENDED}


async def test_the_log_is_told(network: Network, expiries: NodeExpiries) -> None:
    network.clock.advance(310 * DAY)
    with capture_logs() as logs:
        expiries._log.tell(await expiries.find())
        expiries._log.tell(await expiries.find())
    assert [(each["event"], each["thing"], each["nearness"]) for each in logs] == [
        ("ends_soon", "TLS_CERTIFICATE", "WITHIN_60_DAYS")
    ]
    assert "Renew it" in logs[0]["said"]


async def test_what_was_signed_before_the_broker_registered_the_key_still_verifies(
    network: Network, node: RegistryNode
) -> None:
    """The node's clock is a second behind the broker's, which is nothing."""
    await node.open_account(wishes.account())
    await node.pump_outbox()
    (known,) = network.broker.keys[NAME]
    late = network.clock.now() + timedelta(seconds=1)
    network.broker.keys[NAME] = [replace(known, not_before=late, revoked_at=late + DAY)]
    await node.directory.refresh_own()
    (own,) = await node.directory.own_keys()
    assert own.not_before == late
    found = await node.verify()
    assert (found.problems, found.valid) == ((), found.checked)
