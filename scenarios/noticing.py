# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a scenario says to what is signed: notices, programme events, maintenance."""

from __future__ import annotations

from datetime import date

from itmo.core.v1 import notices_pb2
from itmo.message.v1 import ranges_pb2
from itmo.paris.v1 import attributes_pb2, programmes_pb2, unit_notices_pb2
from itmo.timestamps import timestamp
from scenarios.model import Maintain, Notify, UnderlyingEvent, Write
from scenarios.paris.letters import Letters


def unit_notice(action: Notify, letters: Letters) -> unit_notices_pb2.UnitNotice:
    """Another authorization, at its latest version, or another vintage."""
    written = unit_notices_pb2.UnitNotice(
        party=action.party,
        units=[
            ranges_pb2.UnitRange(registry=block.registry, first=block.first, last=block.last)
            for block in action.blocks
        ],
        vintage=action.vintage or 0,
        reason=action.reason,
    )
    if action.authorization is not None:
        letter = letters.covering(action.authorization, action.party)
        written.authorization.id = action.authorization
        written.authorization.version = letter.version if letter else 1
    return written


def programme_event(action: UnderlyingEvent, today: date) -> programmes_pb2.ProgrammeEvent:
    """What a programme says; without a date it happens today."""
    return programmes_pb2.ProgrammeEvent(
        kind=programmes_pb2.ProgrammeEventKind.Value(f"PROGRAMME_EVENT_KIND_{action.kind}"),
        units=attributes_pb2.UnderlyingUnits(
            registry=action.programme, first_unit_id=action.first, last_unit_id=action.last
        ),
        date=(action.date or today).isoformat(),
        beneficiary=action.beneficiary,
        purpose=action.purpose,
    )


def message(action: Write) -> notices_pb2.AdministratorMessage:
    """What administrators write to others."""
    return notices_pb2.AdministratorMessage(
        recipients=action.recipients, subject=action.subject, text=action.text
    )


def maintenance(action: Maintain) -> notices_pb2.MaintenanceStatement:
    """A window of one registry, or of all."""
    return notices_pb2.MaintenanceStatement(
        registry=action.registry,
        start_time=timestamp(action.start) if action.start else None,
        end_time=timestamp(action.end) if action.end else None,
        reason=action.reason,
    )
