# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a validated transaction may still be completed, as the world stands now."""

from __future__ import annotations

from collections.abc import Hashable

from broker.clearing.decision.books import GroupKnown
from broker.clearing.decision.declaring import beginning_again, waiting_case
from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.strangers import told_of_completion
from broker.clearing.decision.waiting_alike import waiting_key
from broker.clearing.path.received import Received
from broker.regime.postings import Postings
from broker.regime.refusals import NoEffect
from broker.rulebook.check import Finding
from broker.rulebook.general.registries import OperationalStatus


def check_still_possible(desk: Desk, row: TransactionRow, received: Received) -> None:
    """Looks again at what may have changed since the verdict and must stop a completion.

    Raises:
        NoEffect: something did; the transaction waits as before.
    """
    world, postings = desk.world, desk.world.postings[row.transaction_id]
    # There is something where the group answers several.
    key = waiting_key(world, row, postings) if world.alike else None
    told = world.alike.get(key)
    of_all = told() if told is not None else None
    if of_all is None:
        _check_sides(desk, row, postings)
        against = _against(desk, row, received, key if told is None else None)
    else:
        against = of_all.against  # the sides of all of them are those of one that was looked at
    if against is not None:
        speaker = received.header.sender_node
        raise NoEffect(
            against.check.id,
            told_of_completion(row, speaker, against),
            against.check.remedy if speaker == row.proposer_node else "",
        )


def _check_sides(desk: Desk, row: TransactionRow, postings: Postings) -> None:
    """Looks at registries and accounts, which only statements change.

    Raises:
        NoEffect: one of them takes no part any more.
    """
    for name in sorted({row.from_registry, row.to_registry}):
        registry = desk.world.registries.get(name)
        if registry is None or registry.status is OperationalStatus.NON_OPERATIONAL:
            raise NoEffect("REG_OPERATIONAL", f"registry {name} is suspended; wait or reject")
    for name in sorted({each.to_account for each in postings.moves} - {row.to_account}):
        account = desk.world.accounts.get(name)
        if account is None or account.closed:
            raise NoEffect("ACC_EXISTS", "an account that units go to besides is closed")


def _against(
    desk: Desk, row: TransactionRow, received: Received, key: Hashable | None
) -> Finding | None:
    """What stands against it by its rulebook, which is also asked about all with its key, if it has one."""
    world, regimes = desk.world, desk.charter.regimes
    postings = world.postings[row.transaction_id]
    declared = waiting_case(world, regimes, received, row, postings, desk.now)
    known = GroupKnown(world, declared.needs)
    against = regimes[row.rulebook].still_possible(declared.case, postings, known)
    if key is not None:
        world.alike[key] = regimes[row.rulebook].told_of_alike(declared.case, postings, known)
    if against is None and postings.begins is not None:
        begins = postings.begins
        half = beginning_again(world, regimes, declared, begins)
        known = GroupKnown(world, half.needs)
        against = regimes[begins.rulebook].still_possible(half.case, begins.postings, known)
    return against
