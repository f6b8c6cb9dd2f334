# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From what a scenario says of sharing to what is stated and reported."""

from __future__ import annotations

from datetime import datetime

from itmo.core.v1 import sharing_pb2
from itmo.payloads import timestamp
from scenarios import wishes
from scenarios.letters import Letters
from scenarios.model import Report, Scenario, Share


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
                first_transferred=holding.first_transferred,
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
                year_of_use=action.year or 0,
                first_transferred=action.first_transferred,
            )
    return written
