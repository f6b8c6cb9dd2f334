# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from itmo.lifecycle import State, TerminationCause
from itmo.reasons import ProtocolError, Reason
from registry_node.proposals.policy import AcceptancePolicy, Mode
from registry_node.store.rows import AccountState, ItemStatus
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene, block


async def test_opened_accounts_are_open_once_the_broker_says_so(scene: Scene) -> None:
    submitted, row = await scene.tha.open_account(wishes.account(account_type=300))
    assert row.state is AccountState.PENDING
    await scene.network.settle()
    accounts = {each.account_id: each for each in await scene.tha.accounts()}
    assert accounts[row.account_id].state is AccountState.OPEN
    assert (await scene.tha.outcome(submitted.message_id)).item.effective is True


async def test_refused_accounts_are_refused(scene: Scene) -> None:
    scene.network.links["tha-registry"].before = [ProtocolError(Reason.PAYLOAD_INVALID, "no")]
    submitted, row = await scene.tha.open_account(wishes.account(account_type=300))
    await scene.network.settle()
    accounts = {each.account_id: each for each in await scene.tha.accounts()}
    assert accounts[row.account_id].state is AccountState.REFUSED
    outcome = await scene.tha.outcome(submitted.message_id)
    assert (outcome.item.status, outcome.item.code) == (ItemStatus.REFUSED, "PAYLOAD_INVALID")


async def test_accepted_transfer_moves_units_with_their_attributes(scene: Scene) -> None:
    name = await scene.offer(101, 300)
    await scene.network.settle()
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]
    await scene.che.accept(name)
    await scene.network.settle()
    for node in (scene.tha, scene.che):
        assert (await node.story(name)).transaction.state is State.COMPLETED
        assert (await node.verify()).problems == ()
    (held,) = await scene.che.holdings()
    assert (held.registry, held.first, held.last) == ("THA01", 101, 300)
    assert held.account_id == scene.che_account
    assert held.marks == "FIRST_TRANSFERRED"
    assert b"CA000003" in held.attributes
    left = [(row.first, row.last, row.reserved_by) for row in await scene.tha.holdings()]
    assert left == [(1, 100, None), (301, 1000, None)]


async def test_units_are_reserved_while_offered_and_free_after_rejection(scene: Scene) -> None:
    name = await scene.offer(1, 10)
    with pytest.raises(ProtocolError) as caught:
        await scene.offer(10, 20)
    assert caught.value.reason is Reason.INSUFFICIENT_HOLDINGS
    await scene.network.settle()
    await scene.che.reject(name, "not agreed")
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.REJECTED
    assert [(r.first, r.last, r.reserved_by) for r in await scene.tha.holdings()] == [
        (1, 1000, None)
    ]
    await scene.offer(10, 20)


async def test_invalidated_proposal_releases_and_shows_findings(scene: Scene) -> None:
    scene.broker.invalid = "ACC_FINAL_NO_EXIT"
    name = await scene.offer()
    await scene.network.settle()
    story = await scene.tha.story(name)
    assert story.transaction.state is State.INVALIDATED
    assert [finding.check_id for finding in story.findings] == ["ACC_FINAL_NO_EXIT"]
    assert all(row.reserved_by is None for row in await scene.tha.holdings())
    assert await scene.che.waiting() == []


async def test_refused_proposal_is_kept_and_consumes_no_sequence_number(scene: Scene) -> None:
    link = scene.network.links["tha-registry"]
    link.before = [ProtocolError(Reason.RECIPIENT_MISMATCH, "wrong hub")]
    before = (await scene.tha.status()).recorded_sequence
    name = await scene.offer()
    await scene.network.settle()
    row = (await scene.tha.story(name)).transaction
    assert (row.state, row.refusal_code) == (State.PROPOSED, "RECIPIENT_MISMATCH")
    assert all(row.reserved_by is None for row in await scene.tha.holdings())
    assert (await scene.tha.status()).recorded_sequence == before
    await scene.offer()
    await scene.network.settle()
    assert (await scene.tha.status()).recorded_sequence == before + 1


async def test_three_step_flow(scene: Scene) -> None:
    name = await scene.offer(by_proposer=True)
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.ACCEPTED
    with pytest.raises(ProtocolError) as caught:
        await scene.tha.withdraw(name)
    assert caught.value.reason is Reason.TRANSACTION_NOT_WAITING
    await scene.tha.complete(name)
    await scene.network.settle()
    assert (await scene.che.story(name)).transaction.state is State.COMPLETED
    assert await scene.quantity(scene.che, scene.che_account) == 100
    assert (await scene.che.verify()).problems == ()


async def test_withdrawal_and_time_out_release(scene: Scene) -> None:
    withdrawn, timed_out = await scene.offer(1, 10), await scene.offer(11, 20)
    await scene.network.settle()
    await scene.tha.withdraw(withdrawn, "changed our mind")
    scene.broker.time_out(timed_out)
    await scene.network.settle()
    for node in (scene.tha, scene.che):
        causes = [
            (await node.story(name)).transaction.termination_cause
            for name in (withdrawn, timed_out)
        ]
        assert causes == [TerminationCause.WITHDRAWN, TerminationCause.TIMED_OUT]
    assert all(row.reserved_by is None for row in await scene.tha.holdings())


async def test_message_without_effect_is_kept_and_the_offer_waits_again(scene: Scene) -> None:
    name = await scene.offer()
    await scene.network.settle()
    scene.broker.no_effect = "REG_OPERATIONAL"
    submitted = await scene.che.accept(name)
    assert await scene.che.waiting() == []
    await scene.network.settle()
    item = (await scene.che.outcome(submitted.message_id)).item
    assert (item.effective, item.code) == (False, "REG_OPERATIONAL")
    assert [row.transaction_id for row in await scene.che.waiting()] == [name]
    scene.broker.no_effect = ""
    await scene.che.accept(name)
    await scene.network.settle()
    assert (await scene.che.story(name)).transaction.state is State.COMPLETED


async def test_accepting_twice_is_refused_here(scene: Scene) -> None:
    name = await scene.offer()
    await scene.network.settle()
    await scene.che.accept(name)
    with pytest.raises(ProtocolError) as caught:
        await scene.che.accept(name)
    assert caught.value.reason is Reason.TRANSACTION_NOT_WAITING


async def test_policy_accepts_in_the_transaction_that_receives(scene: Scene) -> None:
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}))
    await scene.network.start("che-registry", policy=policy)
    name = await scene.offer()
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.COMPLETED


async def test_a_batch_is_answered_by_policy_under_one_signature(scene: Scene) -> None:
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}))
    await scene.network.start("che-registry", policy=policy)
    offers = [
        wishes.transfer(scene.tha_account, scene.che_account, [block(at * 10 + 1, at * 10 + 10)])
        for at in range(3)
    ]
    names = (await scene.tha.propose(*offers)).transaction_ids
    before = len(scene.network.broker.submitted)
    await scene.network.settle()
    kinds = [each.payload_type.split(".")[2] for each in scene.network.broker.submitted[before:]]
    assert kinds == ["proposal-batch", "acceptance-batch"]
    for node in (scene.tha, scene.network.nodes["che-registry"]):
        stories = [await node.story(name) for name in names]
        assert {each.transaction.state for each in stories} == {State.COMPLETED}
        assert [p.kind.value for p in stories[1].proofs][-2:] == [
            "acceptance-batch",
            "receipt-batch",
        ]
        assert (await node.verify()).problems == ()


async def test_answers_without_effect_free_each_transaction_for_another_one(scene: Scene) -> None:
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"THA01"}))
    await scene.network.start("che-registry", policy=policy)
    scene.network.broker.no_effect = "REG_OPERATIONAL"
    offers = [
        wishes.transfer(scene.tha_account, scene.che_account, [block(at * 10 + 1, at * 10 + 10)])
        for at in range(2)
    ]
    names = (await scene.tha.propose(*offers)).transaction_ids
    await scene.network.settle()
    che = scene.network.nodes["che-registry"]
    assert sorted(row.transaction_id for row in await che.waiting()) == sorted(names)


async def test_batch_is_one_message_and_each_transaction_counts(scene: Scene) -> None:
    moves = [
        wishes.transfer(scene.tha_account, scene.che_account, [block(n, n)]) for n in (1, 2, 3)
    ]
    submitted = await scene.tha.propose(*moves)
    await scene.network.settle()
    waiting = [row.transaction_id for row in await scene.che.waiting()]
    assert tuple(waiting) == submitted.transaction_ids
    await scene.che.accept(waiting[1])
    await scene.network.settle()
    assert await scene.quantity(scene.che, scene.che_account) == 1
    assert (await scene.tha.verify()).problems == ()


async def test_both_sides_on_one_node(scene: Scene) -> None:
    policy = AcceptancePolicy(mode=Mode.AUTOMATIC, trusted_registries=frozenset({"GHA01"}))
    node = await scene.network.join("ir-registry", "GHA01", "VUT01", policy=policy)
    rows = [
        (await node.open_account(wishes.account(registry=registry, account_type=100)))[1]
        for registry in ("GHA01", "VUT01")
    ]
    await scene.network.settle()
    units = block(1, 50, vintage=2023)
    units.registry = "GHA01"
    await node.propose(wishes.issuance(rows[0].account_id, [units]))
    await scene.network.settle()
    units.ClearField("attributes")
    wish = wishes.transfer(rows[0].account_id, rows[1].account_id, [units])
    name = (await node.propose(wish)).transaction_id
    await scene.network.settle()
    row = (await node.story(name)).transaction
    assert (row.proposed_here, row.received_here, row.state) == (True, True, State.COMPLETED)
    assert [h.account_id for h in await node.holdings()] == [rows[1].account_id]
    assert (await node.verify()).problems == ()


async def test_unchecked_wishes_go_to_the_broker_as_they_are(scene: Scene) -> None:
    scene.broker.invalid = "ACC_HOLDS_UNITS"
    wish = wishes.transfer(scene.tha_account, scene.che_account, [block(5000, 4000)])
    name = (await scene.tha.propose(wish, unchecked=True)).transaction_id
    await scene.network.settle()
    assert (await scene.tha.story(name)).transaction.state is State.INVALIDATED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"from_account": "TH05THA0110000000099"}, Reason.NOT_FOUND),
        ({"to_account": "CH00NOTHING"}, Reason.IDENTIFIER_INVALID),
        ({"note": "a\u200bb"}, Reason.PAYLOAD_INVALID),
    ],
)
async def test_wishes_that_cannot_come_to_anything_change_nothing(
    scene: Scene, change: dict[str, str], reason: Reason
) -> None:
    wish = wishes.transfer(scene.tha_account, scene.che_account, [block(1, 5)])
    for name, value in change.items():
        setattr(wish, name, value)
    with pytest.raises(ProtocolError) as caught:
        await scene.tha.propose(wish)
    assert caught.value.reason is reason
    assert (await scene.tha.status()).outbox_depth == 0


async def test_overlapping_blocks_are_refused(scene: Scene) -> None:
    wish = wishes.transfer(scene.tha_account, scene.che_account, [block(1, 5), block(5, 9)])
    with pytest.raises(ProtocolError) as caught:
        await scene.tha.propose(wish)
    assert caught.value.reason is Reason.SERIAL_RANGE_INVALID
