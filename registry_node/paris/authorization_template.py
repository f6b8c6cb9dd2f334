# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The standard electronic template of an authorization (7/CMA.4 synthesis report, para 23) as YAML.

One table of keys; files, the questions on a terminal and the scenarios' steps all fill a statement
through it. Strict: a key that is not known, a value of the wrong shape, or a pick-list's value that
stands in no nomenclature is refused at once, with what would be taken.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import Message

from itmo.authorization_letter import NUMBERS
from itmo.nomenclature import (
    ACTIVITY_TYPES,
    METRICS,
    SECTORS,
    UNDERLYING_REGISTRIES,
    nearest,
    picked,
)
from itmo.paris.v1 import attributes_pb2, authorization_pb2
from itmo.plain_yaml import read_yaml
from itmo.reasons import ProtocolError, Reason, shown

PURPOSES: Final = {
    "NDC": (authorization_pb2.PURPOSE_NDC,),
    "IMP": (authorization_pb2.PURPOSE_IMP,),
    "OP": (authorization_pb2.PURPOSE_OP,),
    "OIMP": (authorization_pb2.PURPOSE_IMP, authorization_pb2.PURPOSE_OP),
}
DEFINITIONS: Final = {
    "authorization": authorization_pb2.FIRST_TRANSFER_DEFINITION_AUTHORIZATION,
    "issuance": authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE,
    "use-or-cancellation": authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION,
}
KINDS: Final = {
    "cooperative-approach": authorization_pb2.AUTHORIZATION_KIND_COOPERATIVE_APPROACH,
    "use": authorization_pb2.AUTHORIZATION_KIND_USE,
    "entities": authorization_pb2.AUTHORIZATION_KIND_ENTITIES,
}
GROUNDS: Final = {
    "fraud": authorization_pb2.REVOCATION_GROUND_FRAUD,
    "condition-met": authorization_pb2.REVOCATION_GROUND_CONDITION_MET,
    "other-extreme-case": authorization_pb2.REVOCATION_GROUND_OTHER_EXTREME_CASE,
}
ELEMENTS: Final = {name.lower(): number for name, number in NUMBERS.items()}
_METRICS: Final = dict(
    zip(METRICS, (attributes_pb2.METRIC_GHG, attributes_pb2.METRIC_NON_GHG), strict=True)
)

Statement = authorization_pb2.AuthorizationStatement
Write = Callable[[Any, Any], None]


class _UnfitError(TypeError):
    """A value of another shape; says which one was expected."""


def _plain(name: str, kind: type) -> Write:
    expected = "true or false" if kind is bool else "a whole number such as 500000"

    def write(made: Message, value: object) -> None:
        # True is a number to Python, and no quantity.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _UnfitError(expected)
        setattr(made, name, value)

    return write


def _text(name: str) -> Write:
    def write(made: Message, value: object) -> None:
        setattr(made, name, _as_text(value))

    return write


def _as_text(value: object) -> str:
    """A value that text is wanted of: as it was written."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int):
        raise TypeError
    return str(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return int(value)


def _listed(value: object) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _UnfitError("a list in square brackets")
    return value


def _list(name: str, pick: Sequence[str] | None = None) -> Write:
    def write(made: Message, value: object) -> None:
        texts = [_as_text(each) for each in _listed(value)]
        if pick is not None:
            for each in texts:
                picked(each, pick, name)
        getattr(made, name).extend(texts)

    return write


def _chosen(name: str, table: Mapping[str, int]) -> Write:
    def write(made: Message, value: object) -> None:
        chosen = (_one_of(name, str(each), table) for each in _listed(value))
        getattr(made, name).extend(dict.fromkeys(chosen))

    return write


def _one_of(name: str, value: str, table: Mapping[str, int]) -> int:
    if value not in table:
        near = nearest(value, table)
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{name} cannot be {shown(value)}; it is one of {', '.join(table)}; did you mean"
            f" {near}?",
            where=name,
        )
    return table[value]


def _span(name: str) -> Write:
    def write(made: Message, value: Sequence[int]) -> None:
        first, last = _listed(value)
        getattr(made, name).first, getattr(made, name).last = _whole(first), _whole(last)

    return write


def _spans(made: Statement, value: object) -> None:
    for each in _listed(value):
        first, last = _listed(each)
        made.ndc_periods.add(first=_whole(first), last=_whole(last))


def _purposes(made: Statement, value: object) -> None:
    for each in _listed(value):
        _one_of("purposes", str(each), dict.fromkeys(PURPOSES, 0))
    named = [purpose for each in _listed(value) for purpose in PURPOSES[str(each)]]
    made.purposes.extend(dict.fromkeys(named))


def _definition(made: Statement, value: object) -> None:
    number = _one_of("first_transfer", str(value), DEFINITIONS)
    made.first_transfer_definition = number  # type: ignore[assignment]  # a number of the enum


def _ground(made: Statement, value: object) -> None:
    number = _one_of("revocation_ground", str(value), GROUNDS)
    made.revocation_ground = number  # type: ignore[assignment]  # a number of the enum


def _metric(made: Statement, value: object) -> None:
    made.metric = _METRICS[picked(str(value), METRICS, "metric")]


def _hash(made: Statement, value: str) -> None:
    made.document_hash = bytes.fromhex(value)


def _yearly(made: Statement, value: Mapping[int, int]) -> None:
    for year, quantity in value.items():
        made.yearly_quantities.add(year=_whole(year), quantity=_whole(quantity))


def _by_purpose(made: Statement, value: Mapping[str, int]) -> None:
    for purpose, quantity in value.items():
        _one_of("purpose_quantities", str(purpose), dict.fromkeys(PURPOSES, 0))
        made.purpose_quantities.add(purposes=PURPOSES[str(purpose)], quantity=_whole(quantity))


def _registries(made: Statement, value: Mapping[str, str]) -> None:
    for party, registry in value.items():
        made.tracking_registries.add(party=_as_text(party), registry=_as_text(registry))


CONTACT: Final[Mapping[str, Write]] = {
    name: _text(name) for name in ("name", "role", "email", "telephone", "address")
}
ENTITY: Final[Mapping[str, Write]] = {
    name: _text(name)
    for name in (
        "entity", "date", "name", "country", "identification_number", "conditions",
        "change_and_revocation_conditions", "additional_information",
    )
}  # fmt: skip


def _records(name: str, keys: Mapping[str, Write]) -> Write:
    def write(made: Message, value: object) -> None:
        for record in _listed(value):
            if not isinstance(record, Mapping):
                raise TypeError
            _fill(getattr(made, name).add(), record, keys, f"{name}.")

    return write


KEYS: Final[Mapping[str, Write]] = {
    "id": _text("authorization_id"),
    "version": _plain("version", int),
    "kinds": _chosen("kinds", KINDS),
    "party": _text("party"),
    "issuing_body": _text("issuing_body"),
    "contacts": _records("contacts", CONTACT),
    "date": _text("date"),
    "registration_number": _text("registration_number"),
    "cooperative_approach": _text("cooperative_approach"),
    "activity_participants": _list("activity_participants"),
    "activity": _text("activity"),
    "sectors": _list("sectors", SECTORS),
    "activity_types": _list("activity_types", ACTIVITY_TYPES),
    "purposes": _purposes,
    "other_purposes": _text("other_purposes"),
    "parties": _list("parties"),
    "entities": _list("entities"),
    "authorized_entities": _records("authorized_entities", ENTITY),
    "quantity": _plain("quantity", int),
    "purpose_quantities": _by_purpose,
    "quantity_is_limit": _plain("quantity_is_limit", bool),
    "metric": _metric,
    "gwp_values": _text("gwp_values"),
    "non_ghg_metric": _text("non_ghg_metric"),
    "first_transfer": _definition,
    "yearly_quantities": _yearly,
    "ndc_periods": _spans,
    "vintages": _span("vintages"),
    "use_years": _span("use_years"),
    "tracking_registries": _registries,
    "start_date": _text("start_date"),
    "end_date": _text("end_date"),
    "underlying_schemes": _list("underlying_schemes", UNDERLYING_REGISTRIES),
    "terms": _text("terms"),
    "possible_changes": _text("possible_changes"),
    "permitted_changes": _chosen("permitted_changes", ELEMENTS),
    "changed_elements": _chosen("changed_elements", ELEMENTS),
    "difference": _text("difference"),
    "revocation_conditions": _text("revocation_conditions"),
    "binds_first_transferred": _plain("binds_first_transferred", bool),
    "document_hash": _hash,
    "additional_information": _text("additional_information"),
    "revoked": _plain("revoked", bool),
    "revocation_ground": _ground,
    "revocation_reason": _text("revocation_reason"),
}
"""Every key of the template, in the order of the letter."""


def authorization(file: Path) -> dict[str, Any]:
    """Reads the YAML file of an authorization.

    Raises:
        ProtocolError: PAYLOAD_INVALID, naming file and key.
    """
    tree = read_yaml(file)
    if isinstance(tree, dict) and set(tree) == {"authorize"}:
        tree = tree["authorize"]
    if not isinstance(tree, dict):
        raise _bad(file, "", "must hold the fields of an authorization")
    for key in tree:
        if key not in KEYS:
            raise _bad(file, str(key), unknown(str(key), KEYS))
    return {str(key): value for key, value in tree.items()}


def statement(fields: Mapping[str, Any], where: Path | str) -> Statement:
    """Makes the statement of an authorization from its fields.

    Raises:
        ProtocolError: PAYLOAD_INVALID or NOMENCLATURE_UNKNOWN, naming file and key.
    """
    made = Statement()
    fill(made, fields, where)
    return made


def fill(made: Statement, fields: Mapping[str, Any], where: Path | str) -> None:
    """Puts fields of the template into a statement.

    Raises:
        ProtocolError: PAYLOAD_INVALID or NOMENCLATURE_UNKNOWN, naming file and key.
    """
    try:
        _fill(made, fields, KEYS, "")
    except ProtocolError as error:
        raise ProtocolError(
            error.reason, f"{where}: {error.message}", **{**error.metadata, "file": str(where)}
        ) from None


def _fill(made: Message, fields: Mapping[Any, Any], keys: Mapping[str, Write], prefix: str) -> None:
    for key, value in fields.items():
        if key not in keys:
            raise ProtocolError(
                Reason.PAYLOAD_INVALID, f"{prefix}{key} {unknown(str(key), keys)}.", where=prefix
            )
        try:
            keys[key](made, value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            expected = f"; expected {error}" if isinstance(error, _UnfitError) else ""
            raise ProtocolError(
                Reason.PAYLOAD_INVALID,
                f"{prefix}{key} cannot be {shown(value)}{expected}.",
                where=str(key),
            ) from None


def unknown(key: str, keys: Iterable[str]) -> str:
    """Says that a key is unknown, which one was probably meant, and which are taken."""
    known = list(keys)
    close = difflib.get_close_matches(key[:80], known, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"is unknown; {hint}Known are {', '.join(known)}"


def _bad(where: Path | str, key: str, fault: str) -> ProtocolError:
    place = f"{where}: {key}" if key else str(where)
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{place} {fault}.", where=key, file=str(where))
