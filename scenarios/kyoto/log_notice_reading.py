# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of notices of the log: what a registry is asked to do, by when."""

from __future__ import annotations

from typing import Final

from broker.rulebook.kyoto.log_notice import NoticeStatus
from broker.rulebook.kyoto.tables import NOTICE_TYPES
from scenarios.fields import Fields
from scenarios.kyoto.block_reading import UNITS, blocks
from scenarios.kyoto.codes import activity, number_of, quantity
from scenarios.kyoto.model import LogNoticeSpec
from scenarios.model import BROKER
from scenarios.names import NO_REGISTRY, Names
from scenarios.notice_reading import new_id
from scenarios.values import Value

_STATUSES: Final = {
    each.name.lower(): each for each in NoticeStatus if each is not NoticeStatus.OVERDUE
}
"""What is stated; that a notice is overdue follows from its day."""
_OF_LOG: Final = ("", "log notice")
"""Under which the numbers of all notices are counted."""


def notice(value: Value, names: Names) -> LogNoticeSpec:
    """A notice of the log, or, of type 10, what is new about an earlier one."""
    names.must_run(BROKER, value)
    fields = Fields(
        value,
        required="type registry",
        optional="id updates period project unit quantity due expiry lulucf units status text unknown",
    )
    names = names.saying(fields)
    if ("updates" in fields) == ("id" in fields):
        value.fault(
            "a notice has an id; one that updates another names that, under the key updates"
        )
    if "updates" in fields:
        name = fields.need("updates", names.notice, "")
    else:
        name = new_id(fields, names, BROKER)
        names.counted[_OF_LOG] += 1
        names.log_notices[name] = names.counted[_OF_LOG]
    return LogNoticeSpec(
        id=name,
        number=names.log_notices.get(name, 0),
        type=fields.need("type", lambda v: v.integer(1, max(NOTICE_TYPES)), 1),
        registry=fields.need("registry", names.registry, NO_REGISTRY),
        period=fields.default("period", number_of, 0),
        project=fields.default("project", names.project, ""),
        unit=fields.default("unit", lambda v: v.choice(UNITS), ""),
        quantity=fields.default("quantity", quantity, 0),
        due=fields.maybe("due", Value.date),
        expiry=fields.maybe("expiry", Value.date),
        activity=fields.default("lulucf", activity, 0),
        units=fields.default("units", lambda v: blocks(v, names), ()),
        status=fields.maybe("status", lambda v: v.choice(_STATUSES)),
        text=fields.default("text", Value.text, ""),
    )
