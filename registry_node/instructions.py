# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Hands stored instructions to the registry system: in order, at least once, until it did them."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from dataclasses import replace
from typing import Final

import structlog

from itmo.core.v1 import units_pb2
from registry_node.adapters.registry_system import InstructedUnits, Instruction, RegistrySystem
from registry_node.commands.trip import Trip
from registry_node.damage import damaged, decoded
from registry_node.health import Backoff
from registry_node.store.rows import InstructionRow
from registry_node.store.tables import INSTRUCTIONS
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)
_c = INSTRUCTIONS.table.c
_NEXT: Final = INSTRUCTIONS.select(_c.done_at.is_(None), order=_c.number, limit="most")


class Instructor:
    """The one task that talks to the registry system."""

    def __init__(self, work: Work, system: RegistrySystem, backoff: Backoff) -> None:
        self._work = work
        self._system = system
        self._backoff = backoff
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Says that there may be something to do."""
        self._wake.set()

    async def pump(self) -> int:
        """Carries out what can be carried out now; returns how many instructions were."""
        done = 0
        while await self._step():
            done += 1
        return done

    async def serve(self) -> None:
        """Carries out instructions until cancelled."""
        while True:
            self._wake.clear()
            await self.pump()
            if await self._work.read(_next) is None:
                await self._wake.wait()
            else:
                await asyncio.sleep(self._backoff.next_seconds())

    async def _step(self) -> bool:
        row = await self._work.read(_next)
        if row is None:
            return False
        try:
            await self._system.carry_out(_instruction(row))
        # Whatever an adapter raises means "not done"; the node itself must go on.
        except Exception as error:  # noqa: BLE001
            fault = f"{type(error).__name__}: {error}"[:500]
            _log.warning("instruction_failed", instruction=row.instruction_id, error=fault)
            failed = replace(row, attempts=row.attempts + 1, last_error=fault)
            await self._work.run(lambda trip: INSTRUCTIONS.replace(trip.db, failed))
            return False
        self._backoff.reset()
        await self._work.run(
            lambda trip: INSTRUCTIONS.replace(
                trip.db, replace(row, attempts=row.attempts + 1, done_at=trip.now_ms)
            )
        )
        return True


def _next(trip: Trip) -> InstructionRow | None:
    return _NEXT.first(trip.db, most=1)


def _instruction(row: InstructionRow) -> Instruction:
    return Instruction(
        instruction_id=row.instruction_id,
        action=row.action,
        transaction_id=row.transaction_id,
        account_id=row.account_id,
        units=_units(row.units),
    )


def _units(stored: str) -> tuple[InstructedUnits, ...]:
    try:
        return tuple(
            InstructedUnits(
                block=decoded(units_pb2.UnitBlock, b64decode(each["block"], validate=True)),
                marks=tuple(each["marks"].split()),
            )
            for each in json.loads(stored)
        )
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise damaged(f"the units of an instruction cannot be read: {error}") from None
