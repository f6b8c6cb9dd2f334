# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Two programs with other checks: both judge until one applies that one of them does not know, then it judges nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from broker.known_regimes import REGIMES
from broker.regime.paris.regime import PARIS
from broker.rulebook.general.described import binds_from
from broker.serving import may_judge
from broker.store.catalogues import keep_catalogue, outdated_from, refuse_outdated
from broker.store.migrate import install
from itmo.core.v1 import decision_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from tests.kit.clearing import own_clerk, trading_world, transfer

NEXT_YEAR = date(2024, 1, 1)
NEW = {
    "check_id": "NEW_CHECK", "title": "New", "citation": "none", "severity": "error",
    "effective": NEXT_YEAR.isoformat(), "protects": [],
}  # fmt: skip


def changed(
    change: Callable[[dict[str, Any]], object] | None = None, *added: dict[str, Any]
) -> bytes:
    described = json.loads(PARIS.catalogue)
    if change is not None:
        change(described)
    described["checks"] += added
    return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()


class Later:
    """The rulebook of a later program, as far as its catalogue goes."""

    name, guards = PARIS.name, ()

    def __init__(self, catalogue: bytes) -> None:
        self.catalogue = catalogue
        self.digest = sha256(catalogue).digest()


def bring(connection: Connection, catalogue: bytes) -> None:
    assert keep_catalogue(connection, Later(catalogue))  # type: ignore[arg-type]  # that is all that is asked


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (changed(None, NEW), NEXT_YEAR),
        (changed(None, {**NEW, "check_id": "SECOND", "effective": "2030-01-01"}, NEW), NEXT_YEAR),
        (changed(lambda each: each["checks"].pop()), None),
        (changed(lambda each: each["checks"][0].update(severity="warning"), NEW), None),
        (changed(lambda each: each["policies"].append("another"), NEW), None),
        (changed(lambda each: each["checks"].reverse()), None),
        (changed(lambda each: each.update(version="2")), None),
    ],
    ids=["added", "two added", "taken out", "changed", "policy", "another order", "version"],
)
def test_a_catalogue_binds_from_its_first_new_check_or_at_once(
    after: bytes, expected: date | None
) -> None:
    assert binds_from(PARIS.catalogue, after) == expected


async def test_a_check_that_is_not_known_here_stops_judging_from_the_day_it_applies() -> None:
    world = await trading_world()
    tha = world.senders["tha"]
    bring(world.connection, changed(None, NEW))
    own_clerk(world.house)._store._outdated = None  # type: ignore[attr-defined]  # as after a start
    may_judge(world.parts, world.connection)
    assert (await tha.propose(transfer(world, 1, 10))).state == decision_pb2.STATE_VALIDATED
    world.clock.set(datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(ProtocolError) as refused:
        await tha.propose(transfer(world, 11, 20))
    assert (refused.value.reason, refused.value.retryable) == (Reason.RULEBOOK_OUTDATED, True)
    assert await world.house.expire_due() == 1  # what is due ends alike
    with pytest.raises(ProtocolError, match="A later catalogue of the rulebook paris is in force"):
        may_judge(world.parts, world.connection)


async def test_a_catalogue_that_changes_a_check_binds_at_once() -> None:
    world = await trading_world()
    bring(world.connection, changed(lambda each: each["checks"].pop()))
    with pytest.raises(ProtocolError, match="start the later version of the program"):
        may_judge(world.parts, world.connection)
    # The program that brought it is not hindered by the one before, nor by starts of that one.
    install(world.connection, REGIMES)
    later = Later(changed(lambda each: each["checks"].pop()))
    refuse_outdated(outdated_from(world.connection, [later]), world.clock.now())  # type: ignore[list-item]  # as above
