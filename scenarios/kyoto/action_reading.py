# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of what a step does under the rulebook kyoto: one function for each kind of action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from itmo.serials import MAX_SERIAL
from scenarios.fields import Fields
from scenarios.kyoto.archive_reading import bring_in, close, move_activity, opening
from scenarios.kyoto.block_reading import blocks, issued_blocks
from scenarios.kyoto.codes import activity, number_of, quantity, track
from scenarios.kyoto.defaults import NO_DAY
from scenarios.kyoto.log_notice_reading import notice
from scenarios.kyoto.model import (
    BeginsSpec,
    KyotoAction,
    KyotoBlockSpec,
    KyotoPropose,
    KyotoState,
    PaymentSpec,
    PayShare,
)
from scenarios.kyoto.project_reading import request
from scenarios.kyoto.proposing import PROPOSAL, account_of, propose
from scenarios.kyoto.world_reading import WORLD, parties, world
from scenarios.model import BROKER, Rulebook
from scenarios.names import NO_APPROACH, Names
from scenarios.values import Value

_CONVERTED: Final = {"ERU": "ERU"}
_ENDS: Final = 2
_MOST_CENTS: Final = 2**32 - 1
"""What a statement can carry."""
_MAX_YEAR: Final = 9999


def issue(value: Value, names: Names) -> KyotoPropose:
    """Units come into being."""
    fields = Fields(
        value, required="id account blocks", optional=f"share_of_proceeds monitored {PROPOSAL}"
    )
    names = names.saying(fields)
    account = account_of(fields, "account", names)
    written: tuple[KyotoBlockSpec, ...] = fields.need(
        "blocks", lambda v: issued_blocks(v, account, names), ()
    )
    return propose(
        "issue",
        TransactionType.ISSUANCE,
        fields,
        names,
        account,
        account,
        written,
        share_of_proceeds=fields.maybe("share_of_proceeds", quantity),
        monitored=fields.maybe("monitored", _days),
    )


def _days(value: Value) -> tuple[date, date] | None:
    """First and last day of a monitoring period."""
    days = [each.date() for each in value.items()]
    if len(days) != _ENDS:
        value.wrong("the first and the last day")
        return None
    return days[0], days[1]


def convert(value: Value, names: Names) -> KyotoPropose:
    """Units become emission reduction units of a project, where they are."""
    fields = Fields(
        value, required="id account blocks project", optional=f"to track supplementary {PROPOSAL}"
    )
    names = names.saying(fields)
    account = account_of(fields, "account", names)
    fields.default("to", lambda v: v.choice(_CONVERTED), "ERU")
    return propose(
        "convert",
        TransactionType.CONVERSION,
        fields,
        names,
        account,
        account,
        _blocks(fields, names),
        project=fields.need("project", names.project, ""),
        track=fields.maybe("track", track),
    )


def move(verb: str, kind: TransactionType, value: Value, names: Names) -> KyotoPropose:
    """Units move from one account to another: a transfer or a retirement."""
    fields = Fields(
        value, required="id from to blocks", optional=f"notice supplementary {PROPOSAL}"
    )
    names = names.saying(fields)
    giver, taker = _sides(fields, names)
    return propose(verb, kind, fields, names, giver, taker, _blocks(fields, names))


def cancel(value: Value, names: Names) -> KyotoPropose:
    """Units are cancelled, for nobody or for somebody."""
    fields = Fields(
        value,
        required="id from to blocks",
        optional=f"lulucf notice purpose beneficiary reissued_in supplementary {PROPOSAL}",
    )
    names = names.saying(fields)
    giver, taker = _sides(fields, names)
    return propose(
        "cancel",
        TransactionType.CANCELLATION,
        fields,
        names,
        giver,
        taker,
        _blocks(fields, names),
        activity=fields.default("lulucf", activity, 0),
        purpose=fields.default("purpose", Value.text, ""),
        beneficiary=fields.default("beneficiary", Value.text, ""),
        reissued_in=fields.default("reissued_in", Value.text, ""),
    )


def replace(value: Value, names: Names) -> KyotoPropose:
    """Units take the place of temporary ones that end."""
    fields = Fields(
        value, required="id from to blocks replaced", optional=f"notice supplementary {PROPOSAL}"
    )
    names = names.saying(fields)
    giver, taker = _sides(fields, names)
    ended: tuple[KyotoBlockSpec, ...] = fields.need(
        "replaced", lambda v: blocks(v, names, replaced=True), ()
    )
    kind = TransactionType.REPLACEMENT
    written = (*_blocks(fields, names), *ended)
    return propose("replace", kind, fields, names, giver, taker, written)


def carry_over(value: Value, names: Names) -> KyotoPropose:
    """Units become valid in the next period: where they are, or in the surplus reserve."""
    fields = Fields(
        value,
        required="id account to_period blocks",
        optional=f"to notice supplementary {PROPOSAL}",
    )
    names = names.saying(fields)
    account = account_of(fields, "account", names)
    return propose(
        "carry_over",
        TransactionType.CARRY_OVER,
        fields,
        names,
        account,
        fields.default("to", names.account, account),
        _blocks(fields, names),
        to_period=fields.need("to_period", number_of, 0),
    )


def change_expiry(value: Value, names: Names) -> KyotoPropose:
    """Temporary units get another date of expiry, where they are."""
    fields = Fields(value, required="id blocks expiry", optional=f"account notice {PROPOSAL}")
    names = names.saying(fields)
    account = account_of(fields, "account", names) if "account" in fields else ""
    return propose(
        "change_expiry",
        TransactionType.EXPIRY_DATE_CHANGE,
        fields,
        names,
        account,
        account,
        _blocks(fields, names),
        expiry=fields.maybe("expiry", Value.date),
    )


def transition(value: Value, names: Names) -> KyotoPropose:
    """CERs end where they are, and begin in the registry of the Article 6.4 mechanism."""
    fields = Fields(
        value,
        required="id from ended to blocks number_from vintage registered cooperative_approach",
        optional=f"kyoto_serial reissued_in notice {PROPOSAL}",
    )
    names = names.saying(fields)
    names.rulebooks.add(Rulebook.PARIS)
    giver, taker = _sides(fields, names)
    begins = BeginsSpec(
        ending_account=account_of(fields, "ended", names),
        number_from=fields.need("number_from", lambda v: v.integer(1, MAX_SERIAL), 1),
        vintage=fields.need("vintage", lambda v: v.integer(0, _MAX_YEAR), 0),
        approach=fields.need("cooperative_approach", names.approach, NO_APPROACH),
        registered=fields.need("registered", Value.date, NO_DAY),
        kyoto_serial=fields.default("kyoto_serial", Value.text, ""),
    )
    return propose(
        "transition",
        TransactionType.TRANSITION,
        fields,
        names,
        giver,
        taker,
        _blocks(fields, names),
        begins=begins,
        reissued_in=fields.default("reissued_in", Value.text, ""),
    )


def state(value: Value, names: Names) -> KyotoState:
    """The operator states something more: what a section says anew holds from now on."""
    names.must_run(BROKER, value)
    fields = Fields(value, optional=WORLD)
    return KyotoState(
        world=world(fields, names, fields.default("parties", lambda v: parties(v, names), {}))
    )


def pay_share(value: Value, names: Names) -> PayShare:
    """The share of proceeds for administration of an activity is paid, in dollars."""
    names.must_run(BROKER, value)
    fields = Fields(value, required="activity amount", optional="id requested unknown")
    names = names.saying(fields)
    named = fields.need("activity", names.project, "")
    names.counted[named, "payment"] += 1
    if "requested" in fields:
        names.counted[named, "request"] += 1
    number = names.counted[named, "request"]
    return PayShare(
        activity=named,
        payment=PaymentSpec(
            number=names.counted[named, "payment"], cents=fields.need("amount", _cents, 0)
        ),
        request=fields.maybe("requested", lambda v: request(number, v)),
    )


def _cents(value: Value) -> int:
    """An amount in dollars, in cents."""
    cents = value.decimal() * 100
    if cents != int(cents) or not 0 <= cents <= _MOST_CENTS:
        value.wrong("an amount in dollars with at most two decimals, such as 1500.20")
        return 0
    return int(cents)


def _sides(fields: Fields, names: Names) -> tuple[str, str]:
    giver = fields.need("from", names.account, "")
    taker = fields.need("to", names.account, "")
    names.place(giver, taker)
    names.place(taker, giver)
    return giver, taker


def _blocks(fields: Fields, names: Names) -> tuple[KyotoBlockSpec, ...]:
    return fields.need("blocks", lambda v: blocks(v, names), ())


ACTIONS: Final[Mapping[str, Callable[[Value, Names], KyotoAction]]] = {
    "issue": issue,
    "convert": convert,
    "transfer": partial(move, "transfer", TransactionType.TRANSFER),
    "cancel": cancel,
    "retire": partial(move, "retire", TransactionType.RETIREMENT),
    "replace": replace,
    "carry_over": carry_over,
    "change_expiry": change_expiry,
    "notice": notice,
    "pay_share": pay_share,
    "transition": transition,
    "state": state,
    "opening": opening,
    "bring_in": bring_in,
    "close": close,
    "move_activity": move_activity,
}
"""Steps of this rulebook."""
