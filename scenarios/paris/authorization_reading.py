# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of steps in which a Party authorizes, or changes what it authorized."""

from __future__ import annotations

from typing import Final

from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from itmo.identifiers import parse_authorization_id, parse_entity_id
from itmo.reasons import ProtocolError, shown
from registry_node.paris.authorization_template import KEYS, Statement, fill
from scenarios.fields import Fields
from scenarios.model import Authorize, Elements
from scenarios.names import NO_PARTY, Names
from scenarios.values import Value
from scenarios.world_reading import years

_PURPOSES: Final = {
    "NDC": (Purpose.NDC,),
    "IMP": (Purpose.IMP,),
    "OP": (Purpose.OP,),
    "OIMP": (Purpose.IMP, Purpose.OP),
}
_DEFINITIONS: Final = {
    definition.value.lower().replace("_", "-"): definition for definition in FirstTransferDefinition
}
_ELEMENTS: Final = (
    "quantity parties entities vintages use_years first_transfer other_purposes date terms conditions_of_change"
    " quantity_is_limit binds_first_transferred"
)
_TEMPLATE: Final = tuple(
    key
    for key in KEYS
    if key not in _ELEMENTS.split()
    and key not in {"id", "version", "party", "cooperative_approach", "purposes", "revoked"}
)
"""Keys of the standard electronic template that are taken as they are written there."""


def _elements(fields: Fields, names: Names) -> Elements:
    return Elements(
        cooperative_approach=fields.maybe("cooperative_approach", names.approach),
        purposes=fields.maybe("purposes", _purposes),
        quantity=fields.maybe("quantity", lambda v: v.integer(0, 2**63 - 2)),
        parties=fields.maybe("parties", lambda v: tuple(map(names.party, v.items()))),
        entities=fields.maybe("entities", lambda v: tuple(map(entity, v.items()))),
        vintages=fields.maybe("vintages", years),
        use_years=fields.maybe("use_years", years),
        first_transfer=fields.maybe("first_transfer", lambda v: v.choice(_DEFINITIONS)),
        other_purposes=fields.maybe("other_purposes", Value.text),
        date=fields.maybe("date", Value.date),
        terms=fields.maybe("terms", Value.text),
        conditions_of_change=fields.maybe("conditions_of_change", Value.text),
        quantity_is_limit=fields.maybe("quantity_is_limit", Value.boolean),
        binds_first_transferred=fields.maybe("binds_first_transferred", Value.boolean),
        template=_template(fields),
    )


def _template(fields: Fields) -> dict[str, object] | None:
    """Keys of the template, judged by the table that judges the files of a registry node."""
    found: dict[str, object] = {}
    for key in _TEMPLATE:
        value = fields.value_of(key)
        if value is None:
            continue
        before = len(value.problems)
        written = value.plain()
        if len(value.problems) > before:
            continue
        try:
            fill(Statement(), {key: written}, key)
        except ProtocolError as error:
            value.fault(error.message)
        else:
            found[key] = written
    return found or None


def _purposes(value: Value) -> tuple[Purpose, ...]:
    named = [purpose for item in value.items() for purpose in item.choice(_PURPOSES)]
    return tuple(dict.fromkeys(named))


def entity(value: Value) -> str:
    """An authorized entity."""
    return value.admitted(parse_entity_id) or ""


def signer(fields: Fields, names: Names, party: str, key: str) -> None:
    """The node that signs for the Party must exist and be running."""
    if party and party not in names.signers:
        fields.at(key).fault(f"no node signs for {party}; list it under a node")
    names.must_run(names.signers.get(party, ""), fields.at(key))


def authorize(value: Value, names: Names) -> Authorize:
    """A Party authorizes."""
    fields = Fields(
        value,
        required="id party cooperative_approach purposes",
        optional=f"version {_ELEMENTS} {' '.join(_TEMPLATE)} unknown",
    )
    names = names.saying(fields)
    name = fields.need("id", lambda v: v.admitted(parse_authorization_id) or "", "")
    party = fields.need("party", names.party, NO_PARTY)
    signer(fields, names, party, "party")
    version = fields.maybe("version", lambda v: v.integer(1, 10**6))
    known = names.authorizations.setdefault(name, [])
    if party in known and version is None:
        fields.at("id").fault(f"authorized already; use amend, or state the version of {name}")
    known += [party] if party and party not in known else []
    return Authorize(
        verb="authorize", id=name, party=party, version=version, elements=_elements(fields, names)
    )


def change(verb: str, value: Value, names: Names) -> Authorize:
    """A Party amends or revokes an authorization; what is left out stays as it was."""
    optional = "party version date terms id authorization difference unknown"
    if verb == "amend":
        optional = f"cooperative_approach purposes {optional} {_ELEMENTS} {' '.join(_TEMPLATE)}"
    else:
        optional = f"{optional} revocation_ground revocation_reason"
    fields = Fields(value, optional=optional) if value.is_mapping() else None
    if fields is None:
        name_at, named = value, names.authorization(value)
    else:
        names = names.saying(fields)
        if ("id" in fields) == ("authorization" in fields):
            value.fault("name the authorization, under the key authorization")
        key = "id" if "id" in fields else "authorization"
        name_at, named = fields.at(key), fields.default(key, names.authorization, "")
    parties = names.authorizations.get(named, [])
    party = fields.maybe("party", names.party) if fields is not None else None
    if party is not None and fields is not None and parties and party not in parties:
        fields.at("party").fault(f"{party} has not authorized {shown(named)}")
    if party is None and len(parties) > 1:
        name_at.fault(f"{', '.join(parties)} have each authorized this id; add the key party")
    signs = party or (parties[0] if parties else NO_PARTY)
    if not signs and names.unknown:
        name_at.fault("the key party is missing: nobody is known to have authorized this")
    names.must_run(names.signers.get(signs, ""), name_at)
    return Authorize(
        verb=verb,
        id=named,
        party=signs,
        version=fields.maybe("version", lambda v: v.integer(1, 10**6)) if fields else None,
        elements=_elements(fields, names) if fields else Elements(),
        revoked=verb == "revoke",
    )
