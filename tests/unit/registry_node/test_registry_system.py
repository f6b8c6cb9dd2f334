# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from registry_node.adapters.registry_system import Instruction
from registry_node.store.rows import Action
from tests.unit.registry_node.conftest import Scene


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
    assert [str(block) for block in about[1].blocks] == ["THA01:1-10"]
    credited = [each for each in register.told if each.action is Action.CREDIT]
    assert len({each.instruction_id for each in credited}) == 1  # the issuance, repeated
    assert len(credited) == 2
    assert (await scene.tha.status()).instructions_depth == 0


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
