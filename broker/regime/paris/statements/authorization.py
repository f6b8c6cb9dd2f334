# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From a signed authorization to facts: every element of the standard electronic template.

Pick-lists are the common nomenclatures (7/CMA.4 synthesis report, para 23): what stands in none is
refused, and the refusal names the nearest value. Whether the elements fit each other is not judged
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from broker.regime.fields import day, known, listed, text
from broker.regime.paris import needs, stated_keys, tallies
from broker.regime.paris.reading import DEFINITIONS, METRICS, PURPOSES, canonical_approach, years
from broker.regime.paris.statements.designated import check_designated
from broker.regime.refusals import NoEffect
from broker.regime.regime import Needs
from broker.regime.statement import Books, Statement
from broker.rulebook.paris import authorization_terms
from broker.rulebook.paris.attributes import Metric
from broker.rulebook.paris.authorization import (
    AuthorizationElement,
    AuthorizationKind,
    AuthorizationVersion,
    CoveredUnits,
    PurposeQuantity,
    RevocationGround,
)
from broker.rulebook.paris.purposes import Purpose
from itmo import limits
from itmo.authorization_letter import rows
from itmo.identifiers import (
    AuthorizationId,
    parse_authorization_id,
    parse_cooperative_approach_id,
    parse_entity_id,
    parse_free_text,
    parse_party_code,
)
from itmo.nomenclature import ACTIVITY_TYPES, SECTORS, UNDERLYING_REGISTRIES, picked
from itmo.paris.v1 import authorization_pb2, terms_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason

KINDS: Final[Mapping[int, AuthorizationKind]] = {
    authorization_pb2.AuthorizationKind.Value(f"AUTHORIZATION_KIND_{kind}"): kind
    for kind in AuthorizationKind
}
ELEMENTS: Final[Mapping[int, AuthorizationElement]] = {
    authorization_pb2.AuthorizationElement.Value(f"AUTHORIZATION_ELEMENT_{element}"): element
    for element in AuthorizationElement
}
GROUNDS: Final[Mapping[int, RevocationGround | None]] = {
    authorization_pb2.REVOCATION_GROUND_UNSPECIFIED: None,
    **{
        authorization_pb2.RevocationGround.Value(f"REVOCATION_GROUND_{ground}"): ground
        for ground in RevocationGround
    },
}
_LISTS: Final = (
    "purposes", "parties", "entities", "kinds", "contacts", "activity_participants", "sectors",
    "activity_types", "yearly_quantities", "purpose_quantities", "ndc_periods", "tracking_registries",
    "underlying_schemes", "permitted_changes", "changed_elements", "authorized_entities",
)  # fmt: skip
_TEXTS: Final = (
    "terms", "issuing_body", "registration_number", "activity", "gwp_values", "possible_changes",
    "revocation_conditions", "additional_information",
)  # fmt: skip
_CONTACT: Final = ("name", "role", "email", "telephone", "address")
_PARTICULARS: Final = (
    "name", "identification_number", "conditions", "change_and_revocation_conditions",
    "additional_information",
)  # fmt: skip
_HASH_BYTES: Final = 32


def read(payload: bytes) -> AuthorizationVersion:
    """The version of a recorded statement."""
    return authorization(authorization_pb2.AuthorizationStatement.FromString(payload))


def authorization(written: authorization_pb2.AuthorizationStatement) -> AuthorizationVersion:
    """Reads a version of an authorization.

    Raises:
        ProtocolError: PAYLOAD_INVALID, IDENTIFIER_INVALID, QUANTITY_INVALID or
            NOMENCLATURE_UNKNOWN, naming the field.
    """
    for name in _LISTS:
        listed(len(getattr(written, name)), name)
    for name in _TEXTS:
        text(getattr(written, name), name)
    kinds = _kinds(written)
    if written.version < 1:
        raise _invalid("version", "an authorization needs a version from 1")
    _picks(written)
    _people(written)
    return AuthorizationVersion(
        id=AuthorizationId(parse_authorization_id(written.authorization_id, "authorization_id")),
        version=written.version,
        party=parse_party_code(written.party, "party"),
        cooperative_approach=parse_cooperative_approach_id(
            written.cooperative_approach, "cooperative_approach"
        ),
        purposes=_purposes(written, kinds),
        quantity=_whole(written.quantity, "quantity") if written.HasField("quantity") else None,
        parties=frozenset(parse_party_code(p, "parties") for p in written.parties),
        entities=_entities(written),
        vintages=years(written.vintages, "vintages"),
        use_years=years(written.use_years, "use_years") if written.HasField("use_years") else None,
        definition=known(
            DEFINITIONS, written.first_transfer_definition, "first_transfer_definition"
        ),
        other_purposes=text(written.other_purposes, "other_purposes"),
        date=day(written.date, "date"),
        covers=CoveredUnits(
            programmes=frozenset(written.underlying_schemes),
            sectors=frozenset(written.sectors),
            activity_types=frozenset(written.activity_types),
            metric=known(METRICS, written.metric, "metric") or "",
            non_ghg_metric=written.non_ghg_metric,
        ),
        revoked=written.revoked,
        quantity_is_limit=written.quantity_is_limit,
        binds_first_transferred=written.binds_first_transferred,
        kinds=kinds,
        yearly_quantities=_yearly(written),
        purpose_quantities=tuple(map(_purpose_quantity, written.purpose_quantities)),
        ndc_periods=tuple(years(span, "ndc_periods") for span in written.ndc_periods),
        start=_maybe_day(written.start_date, "start_date"),
        end=_maybe_day(written.end_date, "end_date"),
        permitted_changes=_elements(written.permitted_changes, "permitted_changes"),
        changed_elements=_elements(written.changed_elements, "changed_elements"),
        difference=text(written.difference, "difference"),
        revocation_reason=text(written.revocation_reason, "revocation_reason"),
        revocation_ground=known(GROUNDS, written.revocation_ground, "revocation_ground"),
        elements={
            AuthorizationElement(row.element.name): "\n".join(row.lines) for row in rows(written)
        },
    )


def _kinds(written: authorization_pb2.AuthorizationStatement) -> frozenset[AuthorizationKind]:
    """Kinds as stated; where none is, every kind that the rest of the statement is of."""
    if written.kinds:
        return frozenset(known(KINDS, kind, "kinds") for kind in written.kinds)
    entities = bool(written.entities or written.authorized_entities)
    implied = {AuthorizationKind.COOPERATIVE_APPROACH, AuthorizationKind.USE}
    return frozenset(implied | ({AuthorizationKind.ENTITIES} if entities else set()))


def _purposes(
    written: authorization_pb2.AuthorizationStatement, kinds: frozenset[AuthorizationKind]
) -> frozenset[Purpose]:
    """Purposes; none where an authorization of use does not name them yet.

    Source: 7/CMA.4 synthesis report, para 22.
    """
    if written.purposes and AuthorizationKind.USE not in kinds:
        raise _invalid("purposes", "an authorization of use names purposes, any other kind none")
    return frozenset(known(PURPOSES, purpose, "purposes") for purpose in written.purposes)


def _picks(written: authorization_pb2.AuthorizationStatement) -> None:
    for value in written.sectors:
        picked(value, SECTORS, "sectors")
    for value in written.activity_types:
        picked(value, ACTIVITY_TYPES, "activity_types")
    for value in written.underlying_schemes:
        picked(value, UNDERLYING_REGISTRIES, "underlying_schemes")
    metric = known(METRICS, written.metric, "metric")
    if (metric is Metric.NON_GHG) != bool(written.non_ghg_metric):
        raise _invalid("metric", "non_ghg_metric is named if and only if the metric is NON_GHG")
    text(written.non_ghg_metric, "non_ghg_metric")
    if len(written.document_hash) not in (0, _HASH_BYTES):
        raise _invalid("document_hash", "it is a SHA-256 hash of 32 bytes, or left out")


def _people(written: authorization_pb2.AuthorizationStatement) -> None:
    _all_texts(written.activity_participants, "activity_participants")
    for contact in written.contacts:
        for name in _CONTACT:
            text(getattr(contact, name), f"contacts.{name}")
    for each in written.tracking_registries:
        parse_party_code(each.party, "tracking_registries.party")
        parse_free_text(each.registry, "tracking_registries.registry", limits.MAX_IDENTIFIER)
        if not each.registry:
            raise _invalid("tracking_registries.registry", "the registry is named")


def _all_texts(values: Iterable[str], where: str) -> None:
    for value in values:
        text(value, where)


def _entities(written: authorization_pb2.AuthorizationStatement) -> frozenset[str]:
    """Entities authorized, with or without particulars (AEF table 5)."""
    named = [parse_entity_id(each, "entities") for each in written.entities]
    for each in written.authorized_entities:
        named.append(parse_entity_id(each.entity, "authorized_entities.entity"))
        _maybe_day(each.date, "authorized_entities.date")
        if each.country:
            parse_party_code(each.country, "authorized_entities.country")
        for name in _PARTICULARS:
            text(getattr(each, name), f"authorized_entities.{name}")
    detailed = [each.entity for each in written.authorized_entities]
    if len(set(detailed)) != len(detailed):
        raise _invalid("authorized_entities.entity", "each entity stands once")
    return frozenset(named)


def _yearly(written: authorization_pb2.AuthorizationStatement) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in written.yearly_quantities:
        years(terms_pb2.YearSpan(first=each.year, last=each.year), "yearly_quantities.year")
        if each.year in found:
            raise _invalid("yearly_quantities.year", f"{each.year} stands twice")
        found[each.year] = _whole(each.quantity, "yearly_quantities.quantity")
    return found


def _purpose_quantity(written: authorization_pb2.PurposeQuantity) -> PurposeQuantity:
    named = [known(PURPOSES, each, "purpose_quantities.purposes") for each in written.purposes]
    if not named or len(set(named)) != len(named):
        raise _invalid("purpose_quantities.purposes", "at least one purpose, each once")
    return PurposeQuantity(
        frozenset(named), _whole(written.quantity, "purpose_quantities.quantity")
    )


def _elements(numbers: Iterable[int], where: str) -> frozenset[AuthorizationElement]:
    return frozenset(known(ELEMENTS, number, where) for number in numbers)


def _whole(quantity: int, where: str) -> int:
    if not 1 <= quantity <= limits.MAX_SEQUENCE:
        raise ProtocolError(
            Reason.QUANTITY_INVALID, f"{where} must be a whole number from 1", where=where
        )
    return quantity


def _maybe_day(written: str, where: str) -> date | None:
    return day(written, where) if written else None


def _invalid(where: str, expected: str) -> ProtocolError:
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{where}: {expected}", where=where)


# -- taking one in --------------------------------------------------------------------------------


def _needs(written: authorization_pb2.AuthorizationStatement) -> Needs:
    asked = Needs()
    needs.party(asked, written.party)
    needs.authorization(asked, written.party, written.authorization_id)
    needs.approach(asked, canonical_approach(written.cooperative_approach))
    return asked


def _take(books: Books, written: authorization_pb2.AuthorizationStatement) -> None:
    """Takes in a version of an authorization, from the node the Party designated.

    A version never alters what was first transferred under an earlier one, unless the terms, fixed
    beforehand, say so (AUTH_CHANGE_AFTER_FT): which version binds a unit is decided when the unit
    is judged.

    Raises:
        NoEffect, ProtocolError: malformed, out of turn, or against the terms.
    """
    stated = authorization(written)
    check_designated(books, stated.party)
    approach = books.stated(stated_keys.approach(stated.cooperative_approach))
    if approach is None:
        raise NoEffect(
            Reason.NOT_FOUND, f"cooperative approach {stated.cooperative_approach} is not known"
        )
    if stated.party not in approach.parties:
        raise NoEffect(
            "AUTH_PARTY_IN_CA",
            f"{stated.party} does not take part in {stated.cooperative_approach}",
        )
    key = stated_keys.authorization(stated.party, stated.id)
    history: Sequence[AuthorizationVersion] = books.history(key)
    _check_version(stated, history)
    for fault in _faults(books, stated, history):
        raise NoEffect(fault.code, fault.found)
    books.state(key, stated)


def _check_version(stated: AuthorizationVersion, history: Sequence[AuthorizationVersion]) -> None:
    expected = history[-1].version + 1 if history else 1
    if stated.version != expected:
        raise NoEffect(
            "AUTH_VERSION_CURRENT", f"version {stated.version} was stated; {expected} is next"
        )
    ends = stated.revoked and history and not history[-1].revoked
    if stated.version > limits.MAX_AUTHORIZATION_VERSIONS and not ends:
        raise NoEffect(
            "AUTH_VERSION_CURRENT",
            f"an authorization has {limits.MAX_AUTHORIZATION_VERSIONS} versions at most; revoke this one"
            " and state another",
        )


def _faults(
    books: Books, stated: AuthorizationVersion, history: Sequence[AuthorizationVersion]
) -> Iterator[authorization_terms.Fault]:
    if history:
        name = (stated.party, stated.id)
        used = {each: books.tally(tallies.used(*name, each)).quantity for each in Purpose}
        yield from authorization_terms.faults_between(
            history[-1], stated, books.tally(tallies.issued(*name)).quantity, used
        )
    yield from authorization_terms.faults_of(stated)


STATEMENT: Final = Statement(
    PayloadKind.AUTHORIZATION_STATEMENT, by_operator=False, by_node=True, needs=_needs, take=_take
)
