# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of openings from archives, of closings, and of activities that go on elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from itmo.identifiers import RegistryId
from scenarios.fields import Fields
from scenarios.kyoto.block_reading import BLOCK, blocks, issued_block, issued_blocks
from scenarios.kyoto.model import (
    BalanceSpec,
    CloseRegistry,
    KyotoBlockSpec,
    KyotoPropose,
    MoveActivity,
    OpeningSpec,
    PastSpec,
)
from scenarios.kyoto.proposing import PROPOSAL, account_of, propose
from scenarios.model import BROKER
from scenarios.names import NO_REGISTRY, Names
from scenarios.notice_reading import new_id
from scenarios.paris.block_reading import some
from scenarios.values import Value
from sef.archive_trail import TrailType

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MARKS: Final = "had_left were_replaced"
_TYPES: Final = {each.name.lower().replace("_", " "): each for each in TrailType}


def opening(value: Value, names: Names) -> OpeningSpec:
    """What a registry brings along from its archive: what lies where, and what the archive tells of the past."""
    names.must_run(BROKER, value)
    fields = Fields(value, required="id registry balances", optional="past unknown")
    names = names.saying(fields)
    name = new_id(fields, names, BROKER)
    spec = OpeningSpec(
        id=name,
        registry=fields.need("registry", names.registry, NO_REGISTRY),
        balances=fields.need("balances", lambda v: tuple(_balance(e, names) for e in some(v)), ()),
        past=fields.default("past", lambda v: tuple(_past(e, names) for e in v.items()), ()),
    )
    names.openings[name] = spec.balances
    return spec


def _balance(value: Value, names: Names) -> BalanceSpec:
    fields = Fields(
        value, required="account unit first last period", optional=f"{BLOCK} {_MARKS} registry host"
    )
    account = account_of(fields, "account", names)
    own = RegistryId(names.accounts.get(account, ""))
    return BalanceSpec(
        account=account,
        block=issued_block(fields, own, names),
        had_left=fields.default("had_left", Value.boolean, False),
        were_replaced=fields.default("were_replaced", Value.boolean, False),
    )


def _past(value: Value, names: Names) -> PastSpec:
    """A completed transaction of the archive: what the units were after it."""
    fields = Fields(value, required="at id type to blocks", optional="from")
    written: tuple[KyotoBlockSpec, ...] = fields.need("blocks", lambda v: blocks(v, names), ())
    for each in written:
        names.origins.add(each.registry)
    taker = fields.need("to", lambda v: _place(v, names), "")
    return PastSpec(
        at=fields.need("at", Value.time, _NEVER),
        id=fields.need("id", Value.text, ""),
        type=fields.need("type", lambda v: v.choice(_TYPES), TrailType.TRANSFER),
        giver=fields.default("from", lambda v: _place(v, names), taker),
        taker=taker,
        blocks=written,
    )


def _place(value: Value, names: Names) -> str:
    """An account of the file, or the registry of another."""
    text = value.text()
    return text if text in names.registries else names.account(value)


def bring_in(value: Value, names: Names) -> KyotoPropose:
    """Units of an opening come into being in the account that they lie in."""
    fields = Fields(value, required="id opening account", optional=f"blocks {_MARKS} {PROPOSAL}")
    names = names.saying(fields)
    account = account_of(fields, "account", names)
    name = fields.need("opening", Value.text, "")
    if name not in names.openings and not names.unknown:
        fields.at("opening").fault("no step before this one is an opening of that id")
    had_left = fields.default("had_left", Value.boolean, False)
    were_replaced = fields.default("were_replaced", Value.boolean, False)
    lying = tuple(
        each.block
        for each in names.openings.get(name, ())
        if (each.account, each.had_left, each.were_replaced) == (account, had_left, were_replaced)
    )
    written: tuple[KyotoBlockSpec, ...] = fields.default(
        "blocks", lambda v: issued_blocks(v, account, names), lying
    )
    if not written:
        fields.at("account").fault("the opening has no such units in this account; name blocks")
    return propose(
        "bring_in",
        TransactionType.ISSUANCE,
        fields,
        names,
        account,
        account,
        written,
        opening=name,
        had_left=had_left,
        were_replaced=were_replaced,
    )


def close(value: Value, names: Names) -> CloseRegistry:
    """A registry is closed: its export is sealed, and the seal stated."""
    names.must_run(BROKER, value)
    if not value.is_mapping():
        return CloseRegistry(registry=names.registry(value))
    fields = Fields(value, required="registry")
    return CloseRegistry(registry=fields.need("registry", names.registry, NO_REGISTRY))


def move_activity(value: Value, names: Names) -> MoveActivity:
    """An activity goes on under Article 6.4, from a day of monitoring on."""
    names.must_run(BROKER, value)
    fields = Fields(value, required="activity from", optional="as unknown")
    names = names.saying(fields)
    return MoveActivity(
        activity=fields.need("activity", names.project, ""),
        from_day=fields.need(
            "from", lambda v: None if v.is_text() and v.text() == "never" else v.date(), None
        ),
        moved_to=fields.default("as", Value.text, ""),
    )
