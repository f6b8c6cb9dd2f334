# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Notices of the log: stated by its operator, heard by the node of the registry that is to act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from broker.regime.fields import day, disjoint, known, listed, text
from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.reading import UNIT_TYPES, host_and_number
from broker.regime.kyoto.statements.kind import Kind, at_least_one, invalid
from broker.regime.refusals import NoEffect
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books
from broker.rulebook.kyoto.log_notice import LogNotice, NoticeStatus, NoticeType, as_it_stands
from broker.rulebook.kyoto.tables import ACTIVITIES, NOTICE_TYPES
from itmo import limits
from itmo.identifiers import parse_registry_id
from itmo.kyoto.v1 import statements_pb2
from itmo.reasons import Reason
from itmo.serials import MAX_SERIAL, SerialRange

_STATUSES: Final[Mapping[int, NoticeStatus | None]] = {
    statements_pb2.LOG_NOTICE_STATUS_UNSPECIFIED: None,
    statements_pb2.LOG_NOTICE_STATUS_OPEN: NoticeStatus.OPEN,
    statements_pb2.LOG_NOTICE_STATUS_INCOMPLETE: NoticeStatus.INCOMPLETE,
    statements_pb2.LOG_NOTICE_STATUS_COMPLETED: NoticeStatus.COMPLETED,
}
_MAY_BE_WITHOUT_QUANTITY: Final = frozenset({8, 9, NoticeType.UPDATE})
"""Notices that units answer, and that need not say how many."""


def _notice(written: statements_pb2.LogNotice) -> tuple[Key, LogNotice]:
    row = NOTICE_TYPES.get(written.type)
    if row is None:
        raise invalid("log_notice.type", f"one of {', '.join(map(str, NOTICE_TYPES))}")
    number = at_least_one(written.number, "log_notice.number", "its number in the log")
    if written.project:
        host_and_number(written.project, "log_notice.project")
    unit_type = known(UNIT_TYPES, written.unit_type, "log_notice.unit_type")
    if unit_type is not None and row.units and unit_type.name not in row.units:
        raise invalid("log_notice.unit_type", f"a type that notices of {row.title} are about")
    if written.quantity > limits.MAX_UNITS:
        raise invalid("log_notice.quantity", f"at most {limits.MAX_UNITS}")
    if row.answers and not written.quantity and row.code not in _MAY_BE_WITHOUT_QUANTITY:
        raise invalid("log_notice.quantity", "how many units are asked for")
    if written.activity and written.activity not in ACTIVITIES:
        raise invalid("log_notice.activity", f"one of {', '.join(map(str, ACTIVITIES))}")
    if row.code == NoticeType.NET_SOURCE and not written.activity:
        raise invalid("log_notice.activity", "the activity that was a net source")
    if row.code == NoticeType.EXPIRY_DATE_CHANGE and not written.target_date:
        raise invalid("log_notice.target_date", "the new date of expiry")
    return stated_keys.log_notice(number), LogNotice(
        number=number,
        type=row.code,
        registry=parse_registry_id(written.registry, "log_notice.registry"),
        project=written.project,
        unit_type=unit_type,
        quantity=written.quantity,
        due=day(written.due_date, "log_notice.due_date") if written.due_date else None,
        expires=day(written.target_date, "log_notice.target_date") if written.target_date else None,
        activity=written.activity,
        period=written.period,
        units=_units(written),
        status=known(_STATUSES, written.status, "log_notice.status"),
        text=text(written.text, "log_notice.text"),
    )


def _units(written: statements_pb2.LogNotice) -> tuple[tuple[str, SerialRange], ...]:
    where = "log_notice.units"
    listed(len(written.units), where)
    disjoint(((each.registry, each.first, each.last) for each in written.units), where)
    found = []
    for each in written.units:
        if not 1 <= each.first <= each.last <= MAX_SERIAL:
            raise invalid(where, "ranges from a first to a last serial number")
        found.append((parse_registry_id(each.registry, where), SerialRange(each.first, each.last)))
    return tuple(found)


def _needs(written: statements_pb2.LogNotice) -> Needs:
    return Needs(histories={stated_keys.log_notice(written.number)}, registries={written.registry})


def _take(books: Books, key: Key, said: LogNotice) -> None:
    node = books.node_of(said.registry)
    if node is None:
        raise NoEffect(Reason.NOT_FOUND, f"log_notice.registry: no registry {said.registry}")
    before = books.history(key)
    if before:
        _check_goes_with(as_it_stands(before), said)
    elif said.type == NoticeType.UPDATE:
        raise NoEffect(
            Reason.NOT_FOUND, f"no notice {said.number} was stated before that could be updated"
        )
    books.state(key, said)
    books.tell(node)


def _check_goes_with(before: LogNotice, said: LogNotice) -> None:
    """A number stays that of one notice: of its type, to its registry."""
    meant = replace(said, type=before.type) if said.type == NoticeType.UPDATE else said
    if (meant.type, meant.registry) != (before.type, before.registry):
        raise NoEffect(
            Reason.ALREADY_EXISTS,
            f"notice {said.number} is of type {before.type} to {before.registry}; expected an update"
            " of that, or another number",
        )


KINDS: Final = (Kind("log_notice", _notice, needs=_needs, take=_take),)
