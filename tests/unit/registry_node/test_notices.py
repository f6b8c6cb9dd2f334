# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices as a node states them, and as it keeps and applies those of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itmo.core.v1 import notices_pb2, rulebooks_pb2
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import attributes_pb2, authorization_pb2, programmes_pb2, unit_notices_pb2
from itmo.payloads import decode, kind_of
from itmo.reasons import ProtocolError, Reason
from registry_node.service import RegistryNode
from tests.kit import wishes
from tests.unit.registry_node.broker_double import Network
from tests.unit.registry_node.conftest import Scene, block, paris


def vintages(
    rows: list[tuple[int, int, attributes_pb2.UnitAttributes]],
) -> list[tuple[int, int, int]]:
    return [(first, last, attributes.vintage) for first, last, attributes in rows]


async def held(node: RegistryNode) -> list[tuple[int, int, attributes_pb2.UnitAttributes]]:
    return [
        (row.first, row.last, rulebooks_pb2.UnitAttributes.FromString(row.attributes).paris)
        for row in await node.holdings()
    ]


def changed(**changes: object) -> unit_notices_pb2.UnitNotice:
    """Units 51 to 150 have vintage 2023."""
    written = unit_notices_pb2.UnitNotice(
        party="THA",
        units=[ranges_pb2.UnitRange(registry="THA01", first=51, last=150)],
        vintage=2023,
        reason="monitoring report corrected",
    )
    for name, value in changes.items():
        if value == []:
            del written.units[:]
        else:
            setattr(written, name, value)
    return written


def tell(scene: Scene, node: str, *, effective: bool = True) -> None:
    """Delivers to another node what was submitted last, with its receipt."""
    envelope = scene.broker.submitted[-1]
    message = decode(kind_of(envelope.payload_type), envelope.payload)
    message_id = message.header.message_id  # type: ignore[attr-defined]  # every message has one
    message_hash, (receipt,) = scene.broker.recorded[message_id]
    if not effective:
        receipt = scene.broker.receipt(None, message_id, message_hash, "ID_LOCKED")
    scene.broker.deliver(node, "", envelope, receipt)


async def sold(scene: Scene) -> None:
    """Units 1 to 100 go to Switzerland."""
    name = await scene.offer()
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()


async def notified(scene: Scene) -> str:
    await sold(scene)
    submitted = await paris(scene.tha).notify(changed())
    await scene.network.settle()
    return submitted.message_id


async def test_both_holders_give_their_units_the_new_vintage(scene: Scene) -> None:
    notice_id = await notified(scene)
    assert vintages(await held(scene.tha)) == [(101, 150, 2023), (151, 1000, 2022)]
    assert vintages(await held(scene.che)) == [(1, 100, 2022)], "it was not told yet"
    tell(scene, "che-registry")
    await scene.network.settle()
    assert vintages(await held(scene.che)) == [(1, 50, 2022), (51, 100, 2023)]
    (kept,) = await scene.che.notices(only_open=True)
    assert (kept.notice_id, kept.node, kept.acknowledged_at) == (notice_id, "tha-registry", None)
    assert (await scene.che.status()).alarms == ()


async def test_an_authorization_makes_itmos_of_contribution_units(scene: Scene) -> None:
    """As in the ledger: what this node states of them in a proposal would not fit otherwise."""
    units = block(2001, 2010, vintage=2022)
    units.attributes.paris.unit_type = attributes_pb2.UNIT_TYPE_MCU
    await scene.tha.propose(wishes.issuance(scene.tha_account, [units]))
    await scene.network.settle()
    written = changed(vintage=0, units=[])
    written.units.add(registry="THA01", first=2001, last=2010)
    written.authorization.id, written.authorization.version = "1006.4/2999", 1
    await paris(scene.tha).notify(written)
    await scene.network.settle()
    (*_, (first, _, attributes)) = await held(scene.tha)
    assert (first, attributes.unit_type) == (2001, attributes_pb2.UNIT_TYPE_ITMO)


async def test_a_new_authorization_leaves_the_vintage_as_it_is(scene: Scene) -> None:
    await sold(scene)
    written = changed(vintage=0)
    written.authorization.id, written.authorization.version = "1006.4/2999", 3
    await paris(scene.tha).notify(written)
    await scene.network.settle()
    (_, _, first), (_, _, rest) = await held(scene.tha)
    assert (first.authorization.id, first.authorization.version) == ("1006.4/2999", 3)
    assert (first.vintage, rest.authorization.id) == (2022, "")


async def test_a_notice_delivered_twice_is_kept_once(scene: Scene) -> None:
    await notified(scene)
    for _ in range(2):
        tell(scene, "che-registry")
        await scene.network.settle()
    assert len(await scene.che.notices()) == 1
    assert vintages(await held(scene.che)) == [(1, 50, 2022), (51, 100, 2023)]


async def test_a_notice_without_effect_changes_nothing(scene: Scene) -> None:
    await notified(scene)
    tell(scene, "che-registry", effective=False)
    await scene.network.settle()
    assert await scene.che.notices() == []
    assert vintages(await held(scene.che)) == [(1, 100, 2022)]


async def test_a_forged_notice_is_quarantined(scene: Scene) -> None:
    await notified(scene)
    tell(scene, "che-registry")
    box = scene.broker.mailboxes["che-registry"]
    notice, receipt = box[-1].envelopes
    forged = replace(notice, payload=notice.payload + b"\x32\x01x")
    box[-1] = replace(box[-1], envelopes=(forged, receipt))
    await scene.network.settle()
    assert await scene.che.notices() == []
    assert (await scene.che.status()).quarantined == 1
    assert vintages(await held(scene.che)) == [(1, 100, 2022)]


async def test_an_acknowledgement_is_seen_on_both_sides(scene: Scene) -> None:
    notice_id = await notified(scene)
    tell(scene, "che-registry")
    await scene.network.settle()
    await scene.che.acknowledge(notice_id, "booked")
    await scene.network.settle()
    assert await scene.che.notices(only_open=True) == []
    tell(scene, "tha-registry")
    await scene.network.settle()
    (own,) = await scene.tha.notices()
    assert (own.read_by, own.acknowledged_at) == ("che-registry", None)
    for node, reason in ((scene.che, Reason.ALREADY_EXISTS), (scene.tha, Reason.NOT_FOUND)):
        with pytest.raises(ProtocolError) as refused:
            await node.acknowledge(notice_id)
        assert refused.value.reason is reason


# -- what is stated here --------------------------------------------------------------------------


async def test_what_is_left_out_of_a_notice_is_filled_in(scene: Scene) -> None:
    statement = authorization_pb2.AuthorizationStatement(
        authorization_id="1006.4/2810",
        party="THA",
        cooperative_approach="CA0003",
        purposes=[authorization_pb2.PURPOSE_NDC],
    )
    await paris(scene.tha).authorize(statement)
    await paris(scene.tha).authorize(statement)
    written = changed(party="", vintage=0)
    written.units[0].registry = ""
    written.authorization.id = "1006.4/2810"
    await paris(scene.tha).notify(written)
    await scene.network.settle()
    said = unit_notices_pb2.UnitNotice.FromString(scene.broker.submitted[-1].payload)
    assert (said.party, said.units[0].registry, said.authorization.version) == ("THA", "THA01", 2)


@pytest.mark.parametrize(
    ("written", "where"),
    [
        (unit_notices_pb2.UnitNotice(vintage=2023, reason="x"), "units"),
        (changed(vintage=0), "authorization"),
        (changed(reason="a\x00b"), "reason"),
        (
            unit_notices_pb2.UnitNotice(
                units=[ranges_pb2.UnitRange(registry="XMR01", first=1, last=5)], vintage=2023
            ),
            "party",
        ),
    ],
)
async def test_what_can_be_no_notice_is_not_sent(
    scene: Scene, written: unit_notices_pb2.UnitNotice, where: str
) -> None:
    before = len(scene.broker.submitted)
    with pytest.raises(ProtocolError, match=where) as refused:
        await paris(scene.tha).notify(written)
    assert refused.value.reason is Reason.PAYLOAD_INVALID
    await scene.network.settle()
    assert len(scene.broker.submitted) == before


@pytest.mark.parametrize(
    ("recipients", "subject", "where"),
    [
        ([], "x", "recipients"),
        (["CHE01", "CHE01"], "x", "recipients"),
        (["CHE01"] * 251, "x", "recipients"),
        (["CHE01"], " ", "subject"),
    ],
)
async def test_messages_have_readers_and_a_subject(
    scene: Scene, recipients: list[str], subject: str, where: str
) -> None:
    message = notices_pb2.AdministratorMessage(recipients=recipients, subject=subject)
    with pytest.raises(ProtocolError, match=where) as refused:
        await scene.tha.write_to(message)
    assert refused.value.reason is Reason.PAYLOAD_INVALID


async def test_a_registry_speaks_for_no_programme() -> None:
    network = Network()
    node = await network.join("tha-registry", "THA01")
    event = programmes_pb2.ProgrammeEvent(units=attributes_pb2.UnderlyingUnits(registry="GS"))
    with pytest.raises(ProtocolError, match="speaks for none") as refused:
        await paris(node).report_event(event)
    assert refused.value.reason is Reason.NOT_FOUND
    await network.stores["tha-registry"].close()
