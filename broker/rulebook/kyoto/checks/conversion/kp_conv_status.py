# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units are converted for projects that are registered."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Check, Failure, Severity
from broker.rulebook.general.wording import number
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import (
    ProjectStatus,
)
from broker.rulebook.kyoto.judging import (
    IN_FORCE,
    KyotoCategory,
    converting,
)


def _applies(case: KyotoCase) -> bool:
    return converting(case) and (case.giver, case.proposed.project) in case.projects


def _run(case: KyotoCase) -> Failure | None:
    project = case.proposed.project
    status = case.projects[case.giver, project].status
    if status is ProjectStatus.REGISTERED:
        return None
    return Failure(
        f"project {number(project)} of {case.giver} is {status.name.lower()}; expected registered"
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_CONV_STATUS",
    title="Units are converted for a registered project",
    category=KyotoCategory.CONVERSION,
    citation="9/CMP.1 annex; joint implementation projects as the clearing-house lists them",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="conversions for a known project",
    remedy="Wait until the project is registered again.",
    applies=_applies,
    run=_run,
)
