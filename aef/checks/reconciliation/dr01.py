# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""DR01: a Party's units add up, by metric, sector and activity type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aef.checks.balancing import by_bucket, miscounted
from aef.checks.inquiry import Inquiry
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.tracing import not_placed, opening_unknown
from aef.checks.wording import CITATION, count, ids, number


def _run(inquiry: Inquiry) -> Iterator[Note]:
    yield from _quantity_is_number_of_units(inquiry)
    for filed, roll in inquiry.rolls.items():
        yield from opening_unknown(roll)
        yield from not_placed(roll)
        for (metric, sectors, activities), balance in by_bucket(inquiry, roll).items():
            if not balance.difference:
                continue
            here = balance.first.reference() if balance.first else Reference(filed)
            found = f"{metric}, {sectors}, {activities}: {balance.text()}"
            if roll.gap:
                yield undetermined(Reference(filed), roll.gap, found=found)
            else:
                yield inconsistent(
                    Reference(filed, here.place if here.filed is filed else Reference(filed).place),
                    f"{found}; a difference of {number(balance.difference)}",
                    "held before + authorized + acquired = transferred + used or cancelled + held",
                )


def _quantity_is_number_of_units(inquiry: Inquiry) -> Iterator[Note]:
    for entry in inquiry.file.entries:
        row = entry.row
        if row.span is not None and miscounted(entry):
            yield inconsistent(
                entry.reference(f"quantity {number(row.quantity)}", "quantity"),
                f"{count(row.span.quantity, 'serial number')} ({ids(row)}) for a quantity of"
                f" {number(row.quantity)}",
                "as many serial numbers as units",
            )


CHECK: Final = ConsistencyCheck(
    id="DR01",
    title="A Party's units add up",
    group=Group.RECONCILIATION,
    meaning="Per Party, metric, sector and activity type: held before + authorized + acquired ="
    " transferred + used + cancelled + held; the ids of a row count as many units as its quantity.",
    citation=CITATION,
    remedy="Find the row whose quantity or ids are wrong, or the action that is not reported.",
    run=_run,
)
