# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transaction, accounts and registries are of one rulebook."""

from __future__ import annotations

from typing import Final

from broker.rulebook.check import Category, Check, Failure, Severity, every_case
from broker.rulebook.general.case import Case
from broker.rulebook.general.judging import joined, unknown
from broker.rulebook.general.wording import name, names


def _run(case: Case) -> Failure | None:
    wanted, found = case.proposed.rulebook, []
    for where, registry in (("sending", case.from_registry), ("receiving", case.to_registry)):
        if registry is None:
            found.append(unknown(f"the rulebooks of the {where} registry are not known"))
        elif wanted not in registry.rulebooks:
            found.append(
                Failure(
                    f"the {where} registry {registry.registry} takes part in"
                    f" {names(registry.rulebooks)}; expected {name(wanted)}, the rulebook of this"
                    " transaction"
                )
            )
    # Numbers of account types collide: 300 retires in one rulebook and cancels in another.
    sides = (("source", case.from_account), ("target", case.to_account))
    named = (("allotted", each) for each in case.named_accounts.values())
    for where, account in (*sides, *named):
        if account is None:
            found.append(unknown(f"the rulebook of the {where} account is not known"))
        elif account.rulebook != wanted:
            found.append(
                Failure(
                    f"the {where} account {account.account_id} is of the rulebook"
                    f" {name(account.rulebook)}; expected {name(wanted)}, that of this transaction"
                )
            )
    return joined(found)


CHECK: Final[Check[Case]] = Check(
    id="TX_ONE_RULEBOOK",
    title="Transaction, accounts and registries are of one rulebook",
    category=Category.TRANSFER,
    severity=Severity.ERROR,
    scope="every transaction",
    remedy=(
        "Name accounts of the rulebook by which the transaction is to be judged; the operator says in"
        " which rulebooks a registry takes part."
    ),
    applies=every_case,
    run=_run,
)
