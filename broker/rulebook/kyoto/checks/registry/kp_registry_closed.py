# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A registry that is closed gives nothing and takes nothing."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import always, joined
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import IN_FORCE
from broker.rulebook.kyoto.opening import narrowed

C = TypeVar("C", bound=Check[Any])


def _closed(case: KyotoCase) -> list[Failure]:
    sides = {case.proposed.from_registry, case.proposed.to_registry}
    return [
        Failure(
            f"registry {registry} is closed; its export, of {closing.log_size} decisions of the log, is"
            f" sealed with {closing.seal}"
        )
        for registry, closing in sorted(case.closings.items())
        if registry in sides
    ]


def _run(case: KyotoCase) -> Failure | None:
    return joined(_closed(case))


def unless_closed(check: C) -> C:
    """The check, but where a registry is closed: its remedy would be to wait."""
    return narrowed(
        check,
        lambda case: not _closed(case),
        "not of registries that are closed (KP_REGISTRY_CLOSED)",
    )


CHECK: Final[Check[KyotoCase]] = Check(
    id="KP_REGISTRY_CLOSED",
    title="A registry that is closed gives nothing and takes nothing",
    category=Category.REGISTRY,
    citation="UNFCCC, 12 December 2025",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="every transaction",
    remedy=(
        "Nothing moves there any more. What the registry held and did is read from the record, as of any"
        " moment, and from its sealed export."
    ),
    applies=always,
    run=_run,
)
