# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from itmo.core.v1 import rulebooks_pb2
from itmo.lifecycle import State
from registry_node.adapters.registry_system import Instruction
from registry_node.api import writing
from registry_node.store.rows import Action
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene, block


class Register:
    """A registry system that keeps what it was told, and is sometimes out of order."""

    def __init__(self) -> None:
        self.told: list[Instruction] = []
        self.broken = False

    async def carry_out(self, instruction: Instruction) -> None:
        self.told.append(instruction)
        if self.broken:
            raise ConnectionError("maintenance")


async def test_instructions_come_in_order_and_until_they_are_done(scene: Scene) -> None:
    register = Register()
    scene.tha._instructor._system = register
    register.broken = True
    name = await scene.offer(1, 10)
    assert await scene.tha.pump_instructions() == 0
    register.broken = False
    await scene.network.settle()
    await scene.che.accept(name)
    await scene.network.settle()
    await scene.tha.pump_instructions()
    about = [each for each in register.told if each.transaction_id == name]
    assert [each.action for each in about] == [Action.RESERVE, Action.DEBIT]
    assert {each.account_id for each in about} == {scene.tha_account}
    assert [
        (each.block.registry, each.block.first, each.block.last) for each in about[1].units
    ] == [("THA01", 1, 10)]
    credited = [each for each in register.told if each.action is Action.CREDIT]
    assert len({each.instruction_id for each in credited}) == 1  # the issuance, repeated
    assert len(credited) == 2
    assert (await scene.tha.status()).instructions_depth == 0


async def test_units_proposed_by_number_alone_are_credited_with_their_attributes(
    scene: Scene,
) -> None:
    """Another node need not state attributes; the verdict does, and everything here follows it."""
    register = Register()
    scene.che._instructor._system = register
    wish = wishes.transfer(scene.tha_account, scene.che_account, [block(1, 10)])
    name = (await scene.tha.propose(wish, unchecked=True)).transaction_id
    await scene.network.settle()
    (waiting,) = await scene.che.waiting()
    (shown,) = writing.transaction(waiting).blocks
    assert (shown.first, shown.last, shown.attributes.paris.vintage) == (1, 10, 2022)
    await scene.che.accept(name)
    await scene.network.settle()
    await scene.che.pump_instructions()
    (held,) = await scene.che.holdings(scene.che_account)
    assert rulebooks_pb2.UnitAttributes.FromString(held.attributes).paris.vintage == 2022
    assert held.marks == "FIRST_TRANSFERRED"
    (credit,) = register.told
    (units,) = credit.units
    assert (credit.action, units.block.first, units.block.last) == (Action.CREDIT, 1, 10)
    assert units.block.attributes.paris.vintage == 2022
    assert units.block.attributes.paris.cooperative_approach == "CA000003"
    assert units.marks == ("FIRST_TRANSFERRED",)


async def test_a_verdict_about_other_units_is_not_applied(scene: Scene) -> None:
    scene.broker.other_units = True
    name = await scene.offer(1, 10)
    await scene.network.settle()
    scene.unsound = True
    assert (await scene.tha.story(name)).transaction.state is State.PROPOSED
    assert (await scene.tha.status()).quarantined == 1


async def test_what_a_transaction_does_is_told_by_its_accounts_and_not_by_its_type(
    scene: Scene,
) -> None:
    """Units that stand in their account as something else afterwards, and units that come into being."""
    register = Register()
    scene.tha._instructor._system = register
    await scene.tha.pump_instructions()
    scene.broker.issued["THA01"] = [block(1, 1000, vintage=2023)]  # what they are from now on
    names = [
        (await scene.tha.propose(wish, unchecked=True)).transaction_id
        for first, last in ((1, 10), (2001, 2010))
        for wish in [
            wishes.transfer(scene.tha_account, scene.tha_account, [block(first, last)], type=99)
        ]
    ]
    await scene.network.settle()
    held = {
        (each.first, each.last): rulebooks_pb2.UnitAttributes.FromString(
            each.attributes
        ).paris.vintage
        for each in await scene.tha.holdings(scene.tha_account)
    }
    assert held == {(1, 10): 2023, (11, 1000): 2022, (2001, 2010): 0}
    assert (await scene.tha.status()).alarms == ()
    await scene.tha.pump_instructions()
    told = [
        [each.action for each in register.told if each.transaction_id == name] for name in names
    ]
    assert told == [[Action.RESERVE, Action.DEBIT, Action.CREDIT], [Action.CREDIT]]


async def test_rejection_releases(scene: Scene) -> None:
    register = Register()
    scene.tha._instructor._system = register
    name = await scene.offer(1, 10)
    await scene.network.settle()
    await scene.che.reject(name)
    await scene.network.settle()
    await scene.tha.pump_instructions()
    actions = [each.action for each in register.told if each.transaction_id == name]
    assert actions == [Action.RESERVE, Action.RELEASE]
