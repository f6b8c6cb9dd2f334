# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that are alike until something happens to one of them, and which transactions Paris is asked about."""

from __future__ import annotations

from typing import Any, Final

import pytest

from broker.known_regimes import REGIMES
from broker.rulebook.general.case import Case
from itmo.paris.v1 import attributes_pb2
from tests.kit.clearing import ClearingWorld, failed, issuance
from tests.kit.notices import event

BACKED: Final = 200_001
"""The first of ten units behind which there are those of a programme."""


def asked_about(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Names transactions as Paris is asked about each by itself, by the method that is named."""
    asked: list[str] = []
    paris = type(REGIMES["paris"])
    usual = getattr(paris, name)

    def counted(self: object, case: Case, *more: Any) -> object:  # noqa: ANN401  # handed on
        asked.append(case.proposed.transaction_id)
        return usual(self, case, *more)

    monkeypatch.setattr(paris, name, counted)
    return asked


async def backed_units(world: ClearingWorld) -> None:
    made = issuance(world, "THA01", BACKED, BACKED + 9)
    made.blocks[0].attributes.paris.underlying.CopyFrom(
        attributes_pb2.UnderlyingUnits(
            registry="GS", first_unit_id="GS-70-0", last_unit_id="GS-79-0"
        )
    )
    assert failed(await world.senders["tha"].propose(made)) == {}


async def nothing(world: ClearingWorld, unit: int) -> None:
    """Nothing happens to a unit."""


async def ended(world: ClearingWorld, unit: int) -> None:
    """What is behind a unit ends in its programme, so that a notice binds it."""
    number = 70 + unit - BACKED
    assert (await event(world.senders["gs"], number, number)).effective
