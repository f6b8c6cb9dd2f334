# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Both accounts exist, belong to the stated registries and are open."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity
from broker.rulebook.general.accounts import AccountFacts
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import always, joined
from broker.rulebook.general.wording import name


def _run(case: Case) -> Failure | None:
    stated = case.proposed
    sides = [
        _side("source", stated.from_account, stated.from_registry, case.from_account),
        _side("target", stated.to_account, stated.to_registry, case.to_account),
    ]
    return joined([failure for failure in sides if failure is not None])


def _side(where: str, stated: str, registry: str, known: AccountFacts | None) -> Failure | None:
    if known is None or known.account_id != stated:
        return Failure(f"the {where} account {name(stated)} is not known to the clearing-house")
    if known.registry != registry:
        return Failure(
            f"the {where} account {name(stated)} does not belong to the stated registry"
            f" {name(registry)}"
        )
    if known.closed:
        return Failure(f"the {where} account {name(stated)} is closed")
    return None


CHECK: Final[Check[Case]] = Check(
    id="ACC_EXISTS",
    title="Both accounts exist, belong to the stated registries and are open",
    category=Category.ACCOUNT,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy="Name open accounts, each with the registry that keeps it.",
    applies=always,
    run=_run,
)
