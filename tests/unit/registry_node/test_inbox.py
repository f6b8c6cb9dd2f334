# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import sqlite3
from dataclasses import replace

import pytest

from itmo.core.v1 import decision_pb2
from itmo.envelope import Envelope, seal
from itmo.keys import KeyPurpose
from itmo.lifecycle import State
from itmo.payloads import PayloadKind, write_header
from itmo.reasons import ProtocolError, Reason
from registry_node.broker_link import Cursor, Delivery
from registry_node.inbox.receiver import OutOfOrder
from registry_node.proposals.policy import AcceptancePolicy, Mode
from tests.kit import wishes
from tests.unit.registry_node.broker_double import public_key, signer_of
from tests.unit.registry_node.conftest import Scene, block


def mailbox(scene: Scene, node: str = "che-registry") -> list[Delivery]:
    return scene.broker.mailboxes[node]


def change_last(scene: Scene, node: str, *envelopes: Envelope) -> None:
    box = mailbox(scene, node)
    box[-1] = replace(box[-1], envelopes=envelopes)


async def offered(scene: Scene) -> str:
    name = await scene.offer()
    await scene.tha.pump_outbox()
    return name


async def alarms(scene: Scene) -> list[str]:
    return [alarm.code for alarm in (await scene.che.status()).alarms]


async def test_redelivery_changes_nothing(scene: Scene) -> None:
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}))
    scene.che = await scene.network.start("che-registry", policy=policy)
    await offered(scene)
    await scene.network.settle()
    before = (await scene.che.holdings(), await scene.che.status())
    receiver = scene.che._receiver
    for delivery in mailbox(scene):
        assert await receiver.take(delivery) is False
    assert (await scene.che.holdings(), await scene.che.status()) == before
    # Even as new deliveries with another number, the same statements have no second effect.
    for delivery in list(mailbox(scene)):
        scene.broker.deliver("che-registry", delivery.transaction_id, *delivery.envelopes)
    await scene.network.settle()
    assert await scene.che.holdings() == before[0]
    assert await alarms(scene) == []
    assert (await scene.che.verify()).problems == ()


async def test_crash_before_the_acknowledgement(scene: Scene) -> None:
    name = await offered(scene)
    await scene.che.pump_inbox()
    scene.broker.acknowledged["che-registry"] = 0
    scene.che = await scene.network.start("che-registry")
    await scene.network.settle()
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]


async def test_who_takes_in_what_piled_up_is_connected_meanwhile(scene: Scene) -> None:
    """A mailbox of a long absence takes minutes, in which nobody need be called."""
    for first in (1, 11, 21):
        await scene.offer(first, first + 9)
    await scene.tha.pump_outbox()
    health, told = scene.che.health, []

    def one_by_one(found: list[Delivery]) -> list[Delivery]:
        told.append((health.reached, health.connected))
        return found[:1]

    scene.network.links["che-registry"].on_fetch = one_by_one
    health.failed(ProtocolError(Reason.BROKER_UNREACHABLE, "gone"))
    await scene.che.pump_inbox()
    assert told == [(False, False), *[(True, False)] * 3], "clocks are still to be compared"
    assert health.connected
    health.failed(ProtocolError(Reason.BROKER_UNREACHABLE, "gone"))
    assert not health.reached


async def test_deliveries_out_of_order_are_fetched_again(scene: Scene) -> None:
    first, second = await scene.offer(1, 10), await scene.offer(11, 20)
    await scene.tha.pump_outbox()
    link = scene.network.links["che-registry"]
    link.on_fetch = lambda found: found[::-1]
    assert await scene.che.pump_inbox() == 0
    last = mailbox(scene)[-1]
    with pytest.raises(OutOfOrder):
        await scene.che._receiver.take(last)
    link.on_fetch = lambda found: found
    await scene.che.pump_inbox()
    assert [row.transaction_id for row in await scene.che.waiting()] == [first, second]


@pytest.mark.parametrize("signer", ["mallory", "che-registry", "tha-registry"])
async def test_forged_verdict_is_quarantined_and_nothing_waits(scene: Scene, signer: str) -> None:
    await offered(scene)
    proposal, verdict = mailbox(scene)[-1].envelopes
    forged = seal(verdict.payload_type, verdict.payload, signer_of(signer))
    change_last(scene, "che-registry", proposal, forged)
    await scene.che.pump_inbox()
    assert await scene.che.waiting() == []
    assert (await scene.che.status()).quarantined == 1
    assert await scene.che.pump_inbox() == 0  # the cursor moved on


async def test_statement_of_another_network_is_refused(scene: Scene) -> None:
    await offered(scene)
    proposal, verdict = mailbox(scene)[-1].envelopes
    message = decision_pb2.Verdict.FromString(verdict.payload)
    message.header.network_id = "itmo-production"
    other = seal(verdict.payload_type, message.SerializeToString(), scene.broker.signer)
    change_last(scene, "che-registry", proposal, other)
    await scene.che.pump_inbox()
    assert "NETWORK_MISMATCH" in await alarms(scene)
    assert await scene.che.waiting() == []


async def test_verdict_about_other_bytes_than_were_delivered(scene: Scene) -> None:
    await scene.offer(1, 10)
    await scene.offer(11, 20)
    await scene.tha.pump_outbox()
    box = mailbox(scene)
    box[-1] = replace(box[-1], envelopes=(box[-2].envelopes[0], box[-1].envelopes[1]))
    await scene.che.pump_inbox()
    assert len(await scene.che.waiting()) == 1
    assert await alarms(scene) == ["PAYLOAD_INVALID"]


async def test_proposal_under_an_unknown_key_is_never_offered(scene: Scene) -> None:
    await offered(scene)
    proposal, verdict = mailbox(scene)[-1].envelopes
    forged = seal(proposal.payload_type, proposal.payload, signer_of("mallory"))
    change_last(scene, "che-registry", forged, verdict)
    await scene.che.pump_inbox()
    assert await scene.che.waiting() == []
    assert await alarms(scene) == ["KEY_UNKNOWN"]


async def test_delivery_waits_while_the_directory_cannot_be_asked(scene: Scene) -> None:
    name = await offered(scene)
    link = scene.network.links["che-registry"]
    found = await link.fetch(Cursor(), 100, 0)
    link.reachable = False
    cursor = (await scene.che.status()).cursor
    with pytest.raises(ProtocolError) as caught:
        await scene.che._receiver.take(found[cursor])
    assert caught.value.reason is Reason.BROKER_UNREACHABLE
    link.reachable = True
    await scene.che.pump_inbox()
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]
    assert link.key_questions == ["tha-registry"]


async def test_decision_is_applied_although_its_company_does_not_verify(scene: Scene) -> None:
    scene.unsound = True
    """The ledger moved; a node that cannot digest the acceptance must still follow."""
    name = await offered(scene)
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.che.pump_outbox()
    acceptance, receipt = mailbox(scene, "tha-registry")[-1].envelopes
    forged = seal(acceptance.payload_type, acceptance.payload, signer_of("mallory"))
    change_last(scene, "tha-registry", forged, receipt)
    await scene.tha.pump_inbox()
    assert (await scene.tha.story(name)).transaction.state is State.COMPLETED
    assert await scene.quantity(scene.tha, scene.tha_account) == 900
    assert (await scene.tha.status()).quarantined == 1


async def test_poison_moves_the_cursor_on(scene: Scene) -> None:
    poison = Envelope(b"\xff\xff", PayloadKind.VERDICT.label, ())
    scene.broker.deliver("che-registry", "", poison)
    scene.broker.deliver("che-registry", "")
    scene.broker.deliver("che-registry", "", Envelope(b"", "text/plain", ()))
    name = await offered(scene)
    await scene.network.settle()
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]
    assert (await scene.che.status()).quarantined == 3


async def test_two_final_states_contradict(scene: Scene) -> None:
    name = await offered(scene)
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()
    scene.broker.time_out(name)
    await scene.network.settle()
    assert (await scene.che.story(name)).transaction.state is State.COMPLETED
    assert "PAYLOAD_INVALID" in await alarms(scene)
    assert await scene.quantity(scene.che, scene.che_account) == 100


@pytest.mark.parametrize("name_of_hash", ["proposal_hash", "verdict_hash", "message_hash"])
async def test_receipt_that_names_other_evidence(scene: Scene, name_of_hash: str) -> None:
    name = await offered(scene)
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.che.pump_outbox()
    (receipt,) = mailbox(scene)[-1].envelopes
    message = decision_pb2.Receipt.FromString(receipt.payload)
    setattr(message, name_of_hash, b"x" * 32)
    other = seal(receipt.payload_type, message.SerializeToString(), scene.broker.signer)
    change_last(scene, "che-registry", other)
    await scene.che.pump_inbox()
    assert (await scene.che.story(name)).transaction.state is State.VALIDATED
    assert await scene.quantity(scene.che, scene.che_account) == 0
    assert await alarms(scene) == ["PAYLOAD_INVALID"]


async def test_receipt_about_an_unknown_transaction_brings_its_context(scene: Scene) -> None:
    """A delivery was lost with a restored store: proposal and verdict are asked for."""
    name = await offered(scene)
    box = mailbox(scene)
    box[-1] = replace(box[-1], transaction_id="", envelopes=())
    await scene.che.pump_inbox()
    scene.broker.time_out(name)
    await scene.che.pump_inbox()
    row = (await scene.che.story(name)).transaction
    assert (row.state, row.received_here) == (State.TERMINATED, True)


async def test_units_that_moved_unexpectedly_raise_an_alarm_and_follow_the_broker(
    scene: Scene,
) -> None:
    name = await offered(scene)
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()
    # The broker decides on units that the Thai node does not have any more.
    scene.broker.traded[name].proposed.blocks[0].last = 100

    wish = wishes.transfer(scene.tha_account, scene.che_account, [block(50, 150)])
    second = (await scene.tha.propose(wish, unchecked=True)).transaction_id
    await scene.network.settle()
    await scene.che.accept(second)
    await scene.network.settle()
    assert (await scene.tha.story(second)).transaction.state is State.COMPLETED
    assert await scene.quantity(scene.che, scene.che_account) == 150
    assert await scene.quantity(scene.tha, scene.tha_account) == 850
    assert "LEDGER_AUDIT_FAILED" in [a.code for a in (await scene.tha.status()).alarms]


async def test_key_that_changes_hands_stays_with_the_first_node(scene: Scene) -> None:
    await offered(scene)
    await scene.network.settle()
    stolen = public_key("vut-registry", signer_of("tha-registry"), KeyPurpose.SIGN_MESSAGE)
    scene.broker.keys["vut-registry"] = [stolen]
    directory = scene.che.directory
    header = scene.broker.header("")
    message = decision_pb2.Receipt()
    message.header.CopyFrom(write_header(header))
    message.header.sender_node = "vut-registry"
    asked = seal(PayloadKind.RECEIPT.label, message.SerializeToString(), signer_of("nobody"))
    await directory.keyring_for([asked])
    assert await alarms(scene) == ["KEY_REFUSED"]


async def test_audit_finds_what_was_changed_in_the_store(scene: Scene) -> None:
    scene.unsound = True
    name = await offered(scene)
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()
    store = scene.network.stores["che-registry"]
    audit = await scene.che.verify()
    assert (audit.checked, audit.problems) == (audit.valid, ())
    for statement in ("UPDATE proof SET node = 'x'", "DELETE FROM proof"):
        with pytest.raises(sqlite3.IntegrityError):
            await store.run(lambda db, statement=statement: db.execute(statement).rowcount)  # type: ignore[misc]

    def tamper(db: sqlite3.Connection) -> None:
        db.execute("DROP TRIGGER proof_no_update")
        db.execute("DROP TRIGGER proof_no_delete")
        (stored,) = db.execute("SELECT envelope FROM proof WHERE kind = 'proposal'").fetchone()
        changed = stored.replace(b"THA01", b"THA02")
        db.execute("UPDATE proof SET envelope = ? WHERE kind = 'proposal'", (changed,))
        db.execute("UPDATE proof SET envelope = x'ff' WHERE kind = 'verdict'")
        db.execute("DELETE FROM proof_transaction")
        db.execute("DELETE FROM proof WHERE kind = 'receipt'")

    await store.run(tamper)
    found = [problem.found for problem in (await scene.che.verify()).problems]
    assert any("do not hash" in text for text in found)
    assert any("cannot be read" in text for text in found)
    assert any("no valid receipt" in text for text in found)


async def test_quarantine_is_left_when_the_key_becomes_known(scene: Scene) -> None:
    """The broker changed its key before the node's operator had pinned the new one."""
    rotated = signer_of("hub, rotated")
    scene.broker.signer = rotated
    name = await scene.offer()
    link = scene.network.links["tha-registry"]
    await scene.tha.pump_outbox()
    await scene.tha.pump_inbox()
    await scene.che.pump_inbox()
    assert await scene.che.waiting() == []
    assert (await scene.tha.status()).outbox_depth == 1
    assert await scene.che.retry_quarantined() == 0
    scene.network.broker_keys.append(public_key("hub", rotated, KeyPurpose.SIGN_RECEIPT))
    scene.che = await scene.network.start("che-registry")
    scene.tha = await scene.network.start("tha-registry")
    assert await scene.che.retry_quarantined() == 1
    assert await scene.tha.retry_quarantined() == 1
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.VALIDATED
    assert (await scene.che.status()).quarantined == 0
    assert (await scene.tha.status()).outbox_depth == 0
    assert (await scene.che.verify()).problems == ()
    assert link.reachable


async def test_effects_and_cursor_are_one_commit(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power goes between the effects of a delivery and the next statement of the transaction."""
    name = await offered(scene)
    receiver = scene.che._receiver
    before = await receiver.cursor()
    with monkeypatch.context() as patch:
        patch.setattr("registry_node.inbox.receiver.apply", _fails)
        with pytest.raises(sqlite3.OperationalError):
            await scene.che.pump_inbox()
    assert await receiver.cursor() == before
    scene.che = await scene.network.start("che-registry")
    await scene.che.pump_inbox()
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]


def _fails(*_: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")


async def test_quarantine_is_left_when_the_broker_has_signed_again(scene: Scene) -> None:
    """The broker was started with a wrong key, and after it with the right one."""
    right = scene.broker.signer
    scene.broker.signer = signer_of("a key that is not registered")
    name = await offered(scene)
    await scene.che.pump_inbox()
    assert (await scene.che.status()).quarantined == 1
    assert await scene.che.retry_quarantined() == 0
    proposal, verdict = mailbox(scene)[-1].envelopes
    other = seal(verdict.payload_type, verdict.payload + b"\x00", right)
    change_last(scene, "che-registry", proposal, other)
    assert await scene.che.retry_quarantined() == 0  # the same message, or none
    change_last(scene, "che-registry", proposal, seal(verdict.payload_type, verdict.payload, right))
    assert await scene.che.retry_quarantined() == 1
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]
    assert (await scene.che.status()).quarantined == 0
