# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A letter that authorizes entities alone counts beside the one that authorizes the use."""

from __future__ import annotations

from typing import Any

import pytest

from broker.clearing.decision.world import World
from broker.store import loading
from broker.store import stated as stated_reading
from itmo import limits
from itmo.core.v1 import decision_pb2, statements_pb2
from itmo.identifiers import RegistryId, make_account_id
from itmo.paris.v1 import authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    APPROACH,
    ClearingWorld,
    Sender,
    authorize,
    failed,
    issuance,
    receipt_of,
    trading_world,
    transfer,
)


async def state(sender: Sender, name: str, **fields: object) -> None:
    statement = authorization_pb2.AuthorizationStatement(
        authorization_id=name,
        version=1,
        party="THA",
        cooperative_approach=APPROACH,
        vintages=terms_pb2.YearSpan(first=2022, last=2030),
        date="2023-08-01",
        **fields,  # type: ignore[arg-type]  # fields of the statement
    )
    receipt = receipt_of(await sender.say(PayloadKind.AUTHORIZATION_STATEMENT, statement))
    assert receipt.effective, receipt.refusal


async def sold_to_the_trader(world: ClearingWorld) -> dict[str, str]:
    account = make_account_id(RegistryId("CHE01"), 100, 7)
    wanted = transfer(world, 200_001, 200_010)
    wanted.to_account = account
    verdict = await world.senders["tha"].propose(wanted)
    return failed(verdict)


async def test_an_entity_is_authorized_in_a_letter_of_its_own() -> None:
    world = await trading_world()
    tha, che = world.senders["tha"], world.senders["che"]
    opened = statements_pb2.AccountStatement(
        account_id=make_account_id(RegistryId("CHE01"), 100, 7),
        registry="CHE01",
        account_type=100,
        entity="Trader 1",
    )
    assert receipt_of(await che.say(PayloadKind.ACCOUNT_STATEMENT, opened)).effective
    await state(tha, "USE-1", purposes=[authorization_pb2.PURPOSE_NDC], entities=["KliK"])
    issued = issuance(world, "THA01", 200_001, 200_100)
    issued.blocks[0].attributes.paris.authorization.id = "USE-1"
    assert (await tha.propose(issued)).state == decision_pb2.STATE_COMPLETED
    assert set(await sold_to_the_trader(world)) == {"AUTH_ENTITY"}
    await state(
        tha,
        "ENTITIES-1",
        kinds=[authorization_pb2.AUTHORIZATION_KIND_ENTITIES],
        entities=["Trader 1"],
    )
    assert await sold_to_the_trader(world) == {}
    await world.house.stop()


async def test_only_so_many_letters_of_a_host_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a host stated over the years, an entity's transaction costs no more for it."""
    monkeypatch.setattr(stated_reading, "MAX_UNDER", 2)
    world = await trading_world()
    read: list[list[int]] = []
    load = loading.Loader.load

    def counted(self: loading.Loader, *args: Any, **named: Any) -> World:  # noqa: ANN401  # handed on
        found = load(self, *args, **named)
        asked = found.loaded
        under = {each for wider in asked.stated_under for each, _ in found.stated.under(wider)}
        letters = under | {each for each in asked.histories if each.kind == "authorization"}
        read.append([len(found.stated.history(each)) for each in letters])
        return found

    for name in ("A", "B", "C", "D", "E"):
        await authorize(world.senders["tha"], authorization_id=name, quantity=1)
    stated = await authorize(world.senders["tha"], authorization_id="A", quantity=2, version=2)
    assert stated.effective, stated.refusal
    monkeypatch.setattr(loading.Loader, "load", counted)
    wanted = transfer(world, 1, 1)
    wanted.terms.paris.entity = "KliK"
    await world.senders["tha"].propose(wanted)
    assert read == [[1, 1, 1]]  # the letter of the units, and two, as they are now


async def test_a_letter_has_so_many_versions_and_can_be_revoked_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "MAX_AUTHORIZATION_VERSIONS", 2)
    world = await trading_world()
    tha = world.senders["tha"]
    for version in (1, 2):
        stated = await authorize(tha, authorization_id="A", quantity=version, version=version)
        assert stated.effective, stated.refusal
    stated = await authorize(tha, authorization_id="A", quantity=3, version=3)
    assert (stated.effective, stated.refusal.code) == (False, "AUTH_VERSION_CURRENT")
    stated = await authorize(tha, authorization_id="A", quantity=2, version=3, revoked=True)
    assert stated.effective, stated.refusal
    stated = await authorize(tha, authorization_id="A", quantity=2, version=4, revoked=True)
    assert (stated.effective, stated.refusal.code) == (False, "AUTH_VERSION_CURRENT")
    await world.house.stop()
