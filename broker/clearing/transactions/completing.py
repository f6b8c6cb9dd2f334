# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a validated transaction may still be completed, as the world stands now."""

from __future__ import annotations

from broker.clearing.decision.books import GroupKnown
from broker.clearing.decision.declaring import beginning_again, waiting_case
from broker.clearing.decision.desk import Desk
from broker.clearing.decision.rows import TransactionRow
from broker.clearing.decision.strangers import told_of_completion
from broker.clearing.path.received import Received
from broker.regime.refusals import NoEffect
from broker.rulebook.general.registries import OperationalStatus


def check_still_possible(desk: Desk, row: TransactionRow, received: Received) -> None:
    """Looks again at what may have changed since the verdict and must stop a completion.

    Raises:
        NoEffect: something did; the transaction waits as before.
    """
    for name in sorted({row.from_registry, row.to_registry}):
        registry = desk.world.registries.get(name)
        if registry is None or registry.status is OperationalStatus.NON_OPERATIONAL:
            raise NoEffect("REG_OPERATIONAL", f"registry {name} is suspended; wait or reject")
    postings = desk.world.postings[row.transaction_id]
    for name in sorted({each.to_account for each in postings.moves} - {row.to_account}):
        account = desk.world.accounts.get(name)
        if account is None or account.closed:
            raise NoEffect("ACC_EXISTS", "an account that units go to besides is closed")
    declared = waiting_case(desk.world, desk.charter.regimes, received, row, postings, desk.now)
    known = GroupKnown(desk.world, declared.needs)
    against = desk.charter.regimes[row.rulebook].still_possible(declared.case, postings, known)
    if against is None and postings.begins is not None:
        begins, regimes = postings.begins, desk.charter.regimes
        half = beginning_again(desk.world, regimes, declared, begins)
        known = GroupKnown(desk.world, half.needs)
        against = regimes[begins.rulebook].still_possible(half.case, begins.postings, known)
    if against is not None:
        speaker = received.header.sender_node
        raise NoEffect(
            against.check.id,
            told_of_completion(row, speaker, against),
            against.check.remedy if speaker == row.proposer_node else "",
        )
