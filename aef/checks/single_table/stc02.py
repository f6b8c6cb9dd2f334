# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""STC02: the authorization fits what is done under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from aef.checks.authorizing import Authorized
from aef.checks.history import order_in_time
from aef.checks.inquiry import Inquiry
from aef.checks.lacking import lacking
from aef.checks.pairing import quantity_of
from aef.checks.scopes import not_stated, outside_scope
from aef.checks.states import (
    ConsistencyCheck,
    Group,
    Note,
    Reference,
    inconsistent,
    undetermined,
)
from aef.checks.wording import CITATION, cell, number
from aef.model import ActionType


def _run(inquiry: Inquiry) -> Iterator[Note]:
    file = inquiry.file
    for entry, row in file.actions:
        authorized = inquiry.authorizations.own(entry)
        if authorized is not None:
            yield from inquiry.authorizations.judged(
                entry, authorized, partial(outside_scope, entry, row)
            )
            continue
        named = f"authorization {cell(row.authorization_id)}"
        if not row.authorization_id:
            yield from lacking(entry, "authorization_id")
        elif gap := file.gap_before(entry.filed):
            yield undetermined(entry.reference(named, "authorization_id"), gap)
        elif inquiry.authorizations.of_host(entry) is None:
            host = row.first_transferring_party
            absent = "" if host == entry.filed.party else file.absent(host, None)
            if absent:
                yield undetermined(entry.reference(named, "authorization_id"), absent, owner=host)
            else:
                yield inconsistent(
                    entry.reference(named, "authorization_id"),
                    f"{named}, which is in no table 2",
                    "an authorization that is reported in table 2",
                )
    yield from _above_the_ceiling(inquiry)


def _above_the_ceiling(inquiry: Inquiry) -> Iterator[Note]:
    totals: dict[tuple[str, str], int] = defaultdict(int)
    told = set()
    for entry, row in sorted(inquiry.file.actions, key=lambda each: order_in_time(each[0])):
        if row.type is not ActionType.FIRST_TRANSFER:
            continue
        authorized = inquiry.authorizations.own(entry)
        if authorized is None:
            continue
        key = (entry.filed.party, authorized.row.authorization_id)
        if authorized.row.quantity is None:
            if "quantity" in authorized.row.written and key not in told:
                told.add(key)
                yield not_stated(entry, authorized, "quantity")
            continue
        totals[key] += quantity_of(row)
        if totals[key] > authorized.row.quantity and key not in told:
            told.add(key)
            yield inconsistent(
                entry.reference(f"quantity {number(row.quantity)}", "quantity"),
                f"first transfers of {number(totals[key])} so far under"
                f" {cell(authorized.row.authorization_id)}",
                f"at most the authorized {number(authorized.row.quantity)}",
                _ceiling(authorized),
            )


def _ceiling(authorized: Authorized) -> Reference:
    quantity = f"authorized quantity {number(authorized.row.quantity)}"
    return replace(authorized.reference("quantity"), text=quantity)


CHECK: Final = ConsistencyCheck(
    id="STC02",
    title="Authorization fits the action",
    group=Group.SINGLE_TABLE,
    meaning="Actions keep to the purposes, time frames and quantity of the Party's authorization.",
    citation=CITATION,
    remedy="Correct the action, or report the authorization or amendment that allows it.",
    run=_run,
)
