# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: ANN401  # values come from YAML and may be anything
"""Vectors: readable overrides on a base case, turned into the case that a check is given.

A vector is a mapping with `title`, `base`, `set`, `expect` and, where it does not pass, `found` (a
fragment of the finding), and perhaps `conflict` and `severity`. The keys of `set` are dotted paths;
see PLACES for their first word. The special keys:

from, to            "CHE01/200": an account of that registry and type, with all that follows from it
segments            the stored segments of block 1: a list of {range: [a, b], and fields of Segment}
block2              {first, last, ...}: a second block; outside issuances held like the first
next_version        {revoked: true}: a further version of the authorization with these changes
waiting             serials that open issuances will use: a list of {range: [a, b], by: id}
bound               units that wait: a list of {range: [a, b], notice: id}
disputed            units in quarantine: a list of {range: [a, b], books: registry, case: id}
underlying_ended    {underlying: {...}, message: id}: units that their programme saw end
entity_letter       {entities: [...]}: a letter of the host for entities alone, with these elements
registered          2023-08-01: the units are of an activity that was registered then
maintenance         {registry: THA01, hours: [from, to]}: a window, in hours from now
entries             "none", "twice": what the accounting books, falsified; also entry.FIELD
first_transfer      "none", "twice": what the accounting first transfers, falsified
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from broker.rulebook.general.disputes import DisputedUnits
from broker.rulebook.general.notices import BoundUnits, MaintenanceWindow
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.accounts import AccountRole
from broker.rulebook.paris.attributes import Attributes
from broker.rulebook.paris.authorization import AuthorizationKind, AuthorizationVersion
from broker.rulebook.paris.case import BookingCase, ParisCase
from broker.rulebook.paris.proposal import Allotment, AllotmentPurpose
from broker.rulebook.paris.rulebook import case_of
from broker.rulebook.paris.years import YearSpan
from itmo.identifiers import AuthorizationId
from itmo.serials import SerialRange
from tests.unit.broker.rulebook.bases import BASES, NOW, account, authorization, party, registry

KEY = ("THA", "1006.4/2810")
APPROACH = "CA000003"
HINTS = typing.get_type_hints(AuthorizationVersion)


def case_from(base: str, changes: Mapping[str, Any]) -> BookingCase:
    facts = BASES[base]()
    later = {}
    for path, value in changes.items():
        if path in {"entries", "first_transfer"} or path.startswith("entry."):
            later[path] = value
        elif path in SPECIAL:
            facts = SPECIAL[path](facts, value)
        else:
            head, *rest = path.split(".")
            facts = PLACES[head](facts, rest, value)
    return _falsified(case_of(facts), later)


# -- one value at a path --------------------------------------------------------------------------


def changed(tree: Any, path: list[str], value: Any) -> Any:
    name, *rest = path
    hint = typing.get_type_hints(type(tree))[name]
    if rest:
        below = getattr(tree, name)
        if below is None:
            below = next(h for h in typing.get_args(hint) if isinstance(h, type))()
        return replace(tree, **{name: changed(below, rest, value)})
    return replace(tree, **{name: read(hint, value)})


def read(hint: Any, value: Any) -> Any:
    """Reads YAML as the type of a field; what does not fit stays, since checks must judge it."""
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for option in options:
        if value is None and option is types.NoneType:
            return None
        made = _read_one(option, value)
        if made is not None:
            return made
    return value


def _read_one(option: Any, value: Any) -> Any:
    origin, args = typing.get_origin(option), typing.get_args(option)
    if origin is frozenset and isinstance(value, list):
        return frozenset(read(args[0], item) for item in value)
    if origin is tuple and isinstance(value, list):
        return tuple(read(args[0], item) for item in value)
    if origin is not None or not isinstance(option, type):
        return None
    if issubclass(option, Enum) and isinstance(value, str | int):
        return option(value)
    if option is timedelta:
        return timedelta(seconds=value)
    if option is date and isinstance(value, date) and not isinstance(value, datetime):
        return value
    if option in {YearSpan, SerialRange} and isinstance(value, list):
        return option(*value)
    if is_dataclass(option) and isinstance(value, dict):
        hints = typing.get_type_hints(option)
        given = {name: read(hints[name], item) for name, item in value.items()}
        return option(**given)
    return None


def _top(name: str) -> Callable[[ParisCase, list[str], Any], ParisCase]:
    return lambda facts, rest, value: changed(facts, [name, *rest], value)


def _block(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
    first, *others = facts.blocks
    made = replace(first, proposed=changed(first.proposed, rest, value))
    blocks = (made, *others)
    proposed = replace(facts.proposed, blocks=tuple(b.proposed for b in blocks))
    return replace(facts, blocks=blocks, proposed=proposed)


def _stated(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
    return _block(facts, ["attributes", *rest], value)


def _segment(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
    first, *others = facts.blocks
    segments = tuple(changed(segment, rest, value) for segment in first.segments)
    return replace(facts, blocks=(replace(first, segments=segments), *others))


def _units(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
    """Attributes of the units: as proposed in an issuance, else as stored."""
    if facts.proposed.type is TransactionType.ISSUANCE:
        return _stated(facts, rest, value)
    return _segment(facts, ["attributes", *rest], value)


def _in_mapping(name: str, key: Any) -> Callable[[ParisCase, list[str], Any], ParisCase]:
    def change(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
        table = dict(getattr(facts, name))
        if not rest:
            assert value == "unknown", "a whole entry can only be made unknown"
            del table[key]
        else:
            table[key] = changed(table[key], rest, value)
        made: ParisCase = changed(facts, [name], table)
        return made

    return change


def _party(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
    code, *path = rest
    if path and path[0] == "methods_stated":
        stated = {YearSpan(*row["years"]): frozenset(row["methods"]) for row in value}
        known = replace(facts.parties[code], methods_stated=stated)
        return replace(facts, parties={**facts.parties, code: known})
    return _in_mapping("parties", code)(facts, path, value)


def _period(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
    code, *path = rest
    known = facts.parties[code]
    periods = tuple(changed(period, path, value) for period in known.ndc_periods)
    return replace(facts, parties={**facts.parties, code: replace(known, ndc_periods=periods)})


def _authorization(facts: ParisCase, rest: list[str], value: Any) -> ParisCase:
    history = facts.authorizations[KEY]
    versions = tuple(changed(version, rest, value) for version in history.versions)
    table = {**facts.authorizations, KEY: replace(history, versions=versions)}
    return replace(facts, authorizations=table)


PLACES: dict[str, Callable[[ParisCase, list[str], Any], ParisCase]] = {
    **{field.name: _top(field.name) for field in fields(ParisCase)},
    "block": _block,  # block 1 as proposed
    "stated": _stated,  # attributes of block 1 as proposed
    "segment": _segment,  # every stored segment of block 1
    "units": _units,  # attributes of the units of block 1
    "party": _party,  # party.THA.FIELD
    "period": _period,  # period.THA.FIELD of every NDC period
    "approach": _in_mapping("approaches", APPROACH),
    "totals": _in_mapping("approach_totals", APPROACH),
    "authorization": _authorization,  # every version so far
    "history": _in_mapping("authorizations", KEY),
}


# -- several places at once -----------------------------------------------------------------------


def _from(facts: ParisCase, value: str) -> ParisCase:
    code, kind = value.split("/")
    source, known = account(code, int(kind)), registry(code)
    message = replace(
        facts.message, sender_node=known.node, sender_registries=frozenset({known.registry})
    )
    proposed = replace(facts.proposed, from_account=source.account_id, from_registry=code)
    facts = replace(
        facts, message=message, proposed=proposed, from_registry=known, from_account=source
    )
    facts = _segment(facts, ["account_id"], source.account_id)
    facts = _segment(facts, ["account_type"], source.account_type)
    return replace(facts, parties={code[:3]: party(code[:3]), **facts.parties})


def _to(facts: ParisCase, value: str) -> ParisCase:
    code, kind = value.split("/")
    # Another running number, so that the account is never that of the other side.
    target = account(code, int(kind), 2)
    proposed = replace(facts.proposed, to_account=target.account_id, to_registry=code)
    facts = replace(facts, proposed=proposed, to_registry=registry(code), to_account=target)
    return replace(facts, parties={code[:3]: party(code[:3]), **facts.parties})


def _segments(facts: ParisCase, value: list[dict[str, Any]]) -> ParisCase:
    first, *others = facts.blocks
    pattern = first.segments[0]
    made = []
    for row in value:
        segment = pattern
        for path, item in row.items():
            segment = changed(segment, path.split("."), item)
        made.append(segment)
    return replace(facts, blocks=(replace(first, segments=tuple(made)), *others))


def _block2(facts: ParisCase, value: dict[str, Any]) -> ParisCase:
    first = facts.blocks[0]
    proposed = first.proposed
    for path, item in value.items():
        proposed = changed(proposed, path.split("."), item)
    wanted = proposed.range
    segments = tuple(replace(s, range=wanted) for s in first.segments[:1] if wanted is not None)
    blocks = (*facts.blocks, replace(first, proposed=proposed, segments=segments))
    stated = replace(facts.proposed, blocks=tuple(b.proposed for b in blocks))
    return replace(facts, blocks=blocks, proposed=stated)


def _next_version(facts: ParisCase, value: dict[str, Any]) -> ParisCase:
    history = facts.authorizations[KEY]
    version = replace(history.latest, version=history.latest.version + 1)
    for path, item in value.items():
        version = changed(version, [path], item)
    versions = (*history.versions, version)
    table = {**facts.authorizations, KEY: replace(history, versions=versions)}
    return replace(facts, authorizations=table)


def _underlying_taken(facts: ParisCase, value: dict[str, Any]) -> ParisCase:
    first, *others = facts.blocks
    units = read(typing.get_type_hints(Attributes)["underlying"], value["underlying"])
    made = replace(first, underlying_taken=((units, value["backs"]),))
    return replace(facts, blocks=(made, *others))


def _underlying_ended(facts: ParisCase, value: dict[str, Any]) -> ParisCase:
    first, *others = facts.blocks
    units = read(typing.get_type_hints(Attributes)["underlying"], value["underlying"])
    made = replace(first, underlying_ended=((units, value["message"]),))
    return replace(facts, blocks=(made, *others))


def _waiting(facts: ParisCase, value: list[dict[str, Any]]) -> ParisCase:
    first, *others = facts.blocks
    waiting = tuple((SerialRange(*each["range"]), each["by"]) for each in value)
    return replace(facts, blocks=(replace(first, waiting=waiting), *others))


def _bound(facts: ParisCase, value: list[dict[str, Any]]) -> ParisCase:
    first, *others = facts.blocks
    bound = tuple(BoundUnits(SerialRange(*each["range"]), each["notice"]) for each in value)
    return replace(facts, blocks=(replace(first, bound=bound), *others))


def _disputed(facts: ParisCase, value: list[dict[str, Any]]) -> ParisCase:
    first, *others = facts.blocks
    disputed = tuple(
        DisputedUnits("THA01", SerialRange(*each["range"]), each["books"], each["case"])
        for each in value
    )
    return replace(facts, blocks=(replace(first, disputed=disputed), *others))


def _registered(facts: ParisCase, value: date) -> ParisCase:
    """The units are of an activity that was registered on a day."""
    facts = _units(facts, ["activity"], "A-1")
    return replace(facts, registrations={(APPROACH, "A-1"): value})


def _maintenance(facts: ParisCase, value: dict[str, Any]) -> ParisCase:
    start, end = (NOW + timedelta(hours=hours) for hours in value["hours"])
    return replace(facts, maintenance=(MaintenanceWindow(value["registry"], start, end),))


def _no_blocks(facts: ParisCase, _value: object) -> ParisCase:
    return replace(facts, blocks=(), proposed=replace(facts.proposed, blocks=()))


def _issued_before(facts: ParisCase, value: list[int]) -> ParisCase:
    """A live segment where an issuance wants to issue."""
    first, *others = facts.blocks
    known = (SerialRange(*value),)
    return replace(facts, blocks=(replace(first, issued_before=known), *others))


def _reversed_blocks(facts: ParisCase, value: list[list[int]]) -> ParisCase:
    """Ranges of the transfer that a reversal undoes."""
    assert facts.reversed is not None
    registry = facts.reversed.blocks[0][0]
    blocks = tuple((registry, SerialRange(*pair)) for pair in value)
    return replace(facts, reversed=replace(facts.reversed, blocks=blocks))


def _entity_letter(facts: ParisCase, value: dict[str, Any]) -> ParisCase:
    """A further authorization of the host, for entities alone."""
    history = facts.authorizations[KEY]
    made = replace(
        history.latest,
        id=AuthorizationId("E-1"),
        kinds=frozenset({AuthorizationKind.ENTITIES}),
        **{name: read(HINTS[name], item) for name, item in value.items()},
    )
    letters = {**facts.authorizations, (KEY[0], "E-1"): replace(history, versions=(made,))}
    return replace(facts, authorizations=letters)


def _allotments(facts: ParisCase, value: list[list[Any]]) -> ParisCase:
    """Allotments as [purpose, role of the account, first, last]; the role may be "unknown"."""
    ids = {str(a.role): a.account_id for a in facts.allotment_accounts.values()}
    made = tuple(
        Allotment(
            purpose=AllotmentPurpose(purpose),
            account=ids.get(role, "XM00XMR0100000000000"),
            first=first,
            last=last,
        )
        for purpose, role, first, last in value
    )
    return replace(facts, proposed=replace(facts.proposed, allotments=made))


def _pending_role(facts: ParisCase, value: str | None) -> ParisCase:
    """The role of the account that units are issued to."""
    assert facts.to_account is not None
    changed_account = replace(facts.to_account, role=AccountRole(value) if value else None)
    return replace(facts, from_account=changed_account, to_account=changed_account)


SPECIAL: dict[str, Callable[[ParisCase, Any], ParisCase]] = {
    "from": _from,
    "to": _to,
    "segments": _segments,
    "block2": _block2,
    "next_version": _next_version,
    "underlying_taken": _underlying_taken,
    "underlying_ended": _underlying_ended,
    "waiting": _waiting,
    "bound": _bound,
    "disputed": _disputed,
    "maintenance": _maintenance,
    "registered": _registered,
    "no_blocks": _no_blocks,
    "issued_before": _issued_before,
    "reversed_blocks": _reversed_blocks,
    "allotments": _allotments,
    "entity_letter": _entity_letter,
    "pending_role": _pending_role,
}


# -- accounting that is wrong on purpose ----------------------------------------------------------


def _falsified(case: BookingCase, changes: Mapping[str, Any]) -> BookingCase:
    accounting = case.accounting
    for path, value in changes.items():
        if path.startswith("entry."):
            first, *others = accounting.entries
            entry = changed(first, path.split(".")[1:], value)
            accounting = replace(accounting, entries=(entry, *others))
        else:
            items = getattr(accounting, path)
            items = {"none": (), "twice": items + items}[value]
            accounting = replace(accounting, **{path: items})
    return replace(case, accounting=accounting)


__all__ = ["BASES", "NOW", "authorization", "case_from"]
