# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units whose underlying units ended move only by the transaction that acknowledges it."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.judging import joined
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.general.wording import name
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES, AccountType
from broker.rulebook.paris.blocks import ParisBlock
from broker.rulebook.paris.case import ParisCase
from broker.rulebook.paris.judging import IN_FORCE
from itmo.serials import SerialRange, merge

_ACKNOWLEDGING: Final = frozenset({TransactionType.CANCELLATION, TransactionType.USE})
_TARGETS: Final = FINAL_ACCOUNT_TYPES - {AccountType.USE_NDC.value}
"""What ended for somebody else is used towards no NDC."""


def _applies(case: ParisCase) -> bool:
    return bool(case.proposed.notice_id) or any(block.bound for block in case.blocks)


def _run(case: ParisCase) -> Failure | None:
    notice = case.proposed.notice_id
    failures = [
        Failure(
            f"{block.proposed.registry}:{bound.range} wait for the transaction that acknowledges"
            f" notice {bound.notice_id}"
        )
        for block in case.blocks
        for bound in block.bound
        if bound.notice_id != notice
    ]
    if not notice:
        return joined(failures)
    failures += [
        Failure(f"notice {name(notice)} does not concern {block.proposed.registry}:{rest}")
        for block in case.blocks
        for rest in _beside(block, notice)
    ]
    target = case.to_account
    ends = target is not None and target.account_type in _TARGETS
    if case.proposed.type not in _ACKNOWLEDGING or not ends:
        failures.append(
            Failure(
                "a notice of a crediting programme is acknowledged by a cancellation, or by a use"
                " for other international mitigation purposes"
            )
        )
    return joined(failures)


def _beside(block: ParisBlock, notice: str) -> list[SerialRange]:
    """What a block moves besides the units that the notice concerns."""
    wanted = block.proposed.range
    rest = [wanted] if wanted is not None else []
    for bound in merge([b.range for b in block.bound if b.notice_id == notice]):
        # Both are in order, so only the last rest can be cut further.
        rest[-1:] = rest[-1].subtract(bound) if rest else ()
    return rest


CHECK: Final[Check[ParisCase]] = Check(
    id="NOTIFY_HOST_OF_CANCEL",
    title=("Units whose underlying units ended move only by the transaction that acknowledges it"),
    category=Category.NOTIFICATION,
    citation="7/CMA.4 synthesis report, para 19; AUTHIDCHANGE/VINTAGECHANGE pattern in ITMO API",
    severity=Severity.ERROR,
    effective=IN_FORCE,
    scope="transactions that name a notice, or units of an open one",
    remedy=(
        "Cancel or use exactly the units of the notice and name it (`registry-node notices` lists"
        " them); the adjustment is booked with it."
    ),
    applies=_applies,
    run=_run,
)
