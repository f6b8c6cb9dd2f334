# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a scenario says of sharing to what is stated and reported."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from itmo.core.v1 import rulebooks_pb2, sharing_pb2
from itmo.paris.v1 import terms_pb2
from itmo.timestamps import timestamp
from scenarios.model import Report, Scenario, Share
from scenarios.paris import wishes
from scenarios.paris.letters import Letters


def statement(spec: Share) -> sharing_pb2.SharingStatement:
    """How much a registry shares."""
    return sharing_pb2.SharingStatement(
        registry=spec.registry,
        level=sharing_pb2.SharingLevel.Value(f"SHARING_LEVEL_{spec.level}"),
        frequency=sharing_pb2.ReportFrequency.Value(f"REPORT_FREQUENCY_{spec.frequency}")
        if spec.frequency
        else sharing_pb2.REPORT_FREQUENCY_UNSPECIFIED,
        switched_off=[
            sharing_pb2.SwitchedOffCheck(
                check_id=check_id, role=sharing_pb2.CheckRole.Value(f"CHECK_ROLE_{role}")
            )
            for check_id, role in spec.without
        ],
    )


FIRST_TRANSFERRED: Final = "FIRST_TRANSFERRED"
"""The mark of units in reports."""


def _terms(year: int | None) -> rulebooks_pb2.TransactionTerms | None:
    if not year:
        return None
    return rulebooks_pb2.TransactionTerms(paris=terms_pb2.TransactionTerms(year_of_use=year))


def report(
    spec: Report, scenario: Scenario, letters: Letters, now: datetime
) -> sharing_pb2.RegistryReport:
    """What a registry reports, up to now."""
    written = sharing_pb2.RegistryReport(
        registry=spec.registry, as_of=timestamp(now), complete=spec.complete
    )
    for holding in spec.holdings:
        for block in holding.blocks:
            written.holdings.add(
                block=wishes.reported(block, scenario, letters),
                account_type=holding.account_type,
                marks=[FIRST_TRANSFERRED] * holding.first_transferred,
            )
    for action in spec.actions:
        for place, block in enumerate(action.blocks, 1):
            written.actions.add(
                action_id=action.id if len(action.blocks) == 1 else f"{action.id}/{place}",
                time=timestamp(action.at or now),
                type=sharing_pb2.ReportedActionType.Value(f"REPORTED_ACTION_TYPE_{action.kind}"),
                block=wishes.reported(block, scenario, letters),
                account_type=action.account_type,
                counterparty=action.counterparty or "",
                terms=_terms(action.year),
                marks=[FIRST_TRANSFERRED] * action.first_transferred,
            )
    return written
