# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The proposal comes from the node of the registry that the units leave."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always
from broker.rulebook.general.wording import name, names


def _run(case: Case) -> Failure | None:
    message = case.message
    stated = case.proposed.from_registry
    if stated in message.sender_registries:
        return None
    return Failure(
        f"node {name(message.sender_node)} proposes for registry {name(stated)}, but speaks, of the"
        f" registries of this transaction, for {names(message.sender_registries)}"
    )


CHECK: Final[Check[Case]] = Check(
    id="MSG_SENDER_IS_FROM_REGISTRY",
    title="The proposal comes from the node of the registry that the units leave",
    category=Category.MESSAGE,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Let the node that speaks for the sending registry propose.",
    applies=always,
    run=_run,
)
