# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A reversal takes exactly the units of a completed transfer back to where they came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.blocks import Segment
from broker.rulebook.general.case import Case, ReversedFacts
from broker.rulebook.general.checks.workflow.state_reversal_agreed import reversing
from broker.rulebook.general.judging import joined, over_stored, unknown
from broker.rulebook.general.proposal import Proposed, TransactionType
from broker.rulebook.general.wording import name, serials, units
from itmo.identifiers import RegistryId
from itmo.serials import SerialRange, merge


def _run(case: Case) -> Failure | None:
    proposed, before = case.proposed, case.reversed
    if before is None:
        return unknown("the transaction to be reversed is not known")
    failures = []
    if before.type is not TransactionType.TRANSFER or not before.completed:
        failures.append(
            Failure(f"{proposed.reverses} is no completed transfer; only such is reversed")
        )
    if before.from_registry == before.to_registry:
        failures.append(
            Failure(
                f"{proposed.reverses} stayed in registry {before.from_registry}; move the units"
                " back by a transfer"
            )
        )
    failures += _ends(proposed, before)
    failures += _units(proposed, before)
    return over_stored(case, _stayed) if not failures else joined(failures)


def _stayed(case: Case, held: Segment) -> Failure | None:
    # Else a later move could be undone over an earlier one, and what came in between stay done.
    if held.moved_by == case.proposed.reverses:
        return None
    later = held.moved_by
    how = f"in transaction {later}" if later else "in a transaction that cannot be reversed"
    return Failure(
        f"{units(held)} went on since, {how}; expected units that the transfer itself brought where"
        " they are"
    )


def _ends(proposed: Proposed, before: ReversedFacts) -> list[Failure]:
    found = (
        proposed.from_registry,
        proposed.from_account,
        proposed.to_registry,
        proposed.to_account,
    )
    expected = (before.to_registry, before.to_account, before.from_registry, before.from_account)
    if found == expected:
        return []
    return [
        Failure(
            f"the reversal goes from {name(found[1])} of {name(found[0])} to {name(found[3])} of"
            f" {name(found[2])}; expected the way back, from {expected[1]} of {expected[0]} to"
            f" {expected[3]} of {expected[2]}"
        )
    ]


def _units(proposed: Proposed, before: ReversedFacts) -> list[Failure]:
    found = _merged((b.registry, b.range) for b in proposed.blocks if b.range is not None)
    expected = _merged((str(registry), serial) for registry, serial in before.blocks)
    if found == expected:
        return []
    listed = ", ".join(serials(RegistryId(r), run) for r, runs in expected for run in runs[:_SHOWN])
    return [Failure(f"the reversal moves other units than the transfer did; expected {listed}")]


_SHOWN: Final = 3
"""Ranges of a registry told in full."""


def _merged(
    ranges: Iterable[tuple[str, SerialRange]],
) -> list[tuple[str, tuple[SerialRange, ...]]]:
    by_registry: dict[str, list[SerialRange]] = {}
    for registry, serial in ranges:
        by_registry.setdefault(registry, []).append(serial)
    return [(registry, tuple(merge(runs))) for registry, runs in sorted(by_registry.items())]


CHECK: Final[Check[Case]] = Check(
    id="REV_FITS_TRANSFER",
    title="A reversal takes the units of a completed transfer back to where they came from",
    category=Category.WORKFLOW,
    severity=Severity.ERROR,
    scope="reversals",
    remedy=(
        "Propose exactly the units and the accounts of the transfer, the other way; what went on"
        " since is reversed no more, but transferred back."
    ),
    applies=reversing,
    run=_run,
)
