# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The readable statement of an authorization: its elements as rows of text, in a letter's order.

The order is that of the 7/CMA.4 synthesis report, para 21, (a) to (j); what AEF table 2 and the
secretariat's draft of an interoperability standard have besides follows where it belongs. Both
programs print letters from these rows, and two versions of an authorization differ in the elements
whose rows differ. What is left out has no row, so a letter never claims what its Party did not state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from itmo import forms
from itmo.identifiers import parse_cooperative_approach_id
from itmo.paris.v1 import attributes_pb2, authorization_pb2
from itmo.reasons import ProtocolError

Statement = authorization_pb2.AuthorizationStatement
Lines = Sequence[str]

_DEFINITIONS: Final = {
    authorization_pb2.FIRST_TRANSFER_DEFINITION_AUTHORIZATION: "Authorization",
    authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE: "Issuance",
    authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION: "Use or cancellation",
}
_METRICS: Final = {attributes_pb2.METRIC_GHG: "GHG", attributes_pb2.METRIC_NON_GHG: "non-GHG"}
_KINDS: Final = {
    authorization_pb2.AUTHORIZATION_KIND_COOPERATIVE_APPROACH: "Cooperative approach",
    authorization_pb2.AUTHORIZATION_KIND_USE: "Use of mitigation outcomes",
    authorization_pb2.AUTHORIZATION_KIND_ENTITIES: "Entities",
}

_GROUNDS: Final = {
    authorization_pb2.REVOCATION_GROUND_FRAUD: "fraud was established",
    authorization_pb2.REVOCATION_GROUND_CONDITION_MET: "a condition of revocation is met",
    authorization_pb2.REVOCATION_GROUND_OTHER_EXTREME_CASE: "another extreme case",
}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an authorization.

    Attributes:
        name: Its name, without the prefix of the enum.
        title: What the letter calls it.
        source: Where it is asked for.
        read: Makes its lines; none where the statement leaves it out.
    """

    name: str
    title: str
    source: str
    read: Callable[[Statement], Lines]

    @property
    def key(self) -> str:
        """The element as files and commands write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Row:
    """An element that a statement has, as text."""

    element: Element
    lines: tuple[str, ...]


def purpose_text(purposes: Iterable[int]) -> str:
    """Purposes in the words of AEF table 2; OIMP is IMP and OP."""
    named = set(purposes)
    other = {authorization_pb2.PURPOSE_IMP: "IMP", authorization_pb2.PURPOSE_OP: "OP"}
    said = ["NDC"] if authorization_pb2.PURPOSE_NDC in named else []
    if named.issuperset(other):
        said.append("OIMP")
    else:
        said.extend(text for number, text in other.items() if number in named)
    return " and ".join(said)


def _text(name: str) -> Callable[[Statement], Lines]:
    def read(stated: Statement) -> Lines:
        value: str = getattr(stated, name)
        return [value] if value else []

    return read


def _span(first: int, last: int) -> str:
    return f"{first} to {last}" if first != last else str(first)


def _spans(name: str) -> Callable[[Statement], Lines]:
    def read(stated: Statement) -> Lines:
        return [_span(each.first, each.last) for each in getattr(stated, name)]

    return read


def _vintages(stated: Statement) -> Lines:
    years = stated.vintages
    return [_span(years.first, years.last)] if stated.HasField("vintages") else []


def _use_years(stated: Statement) -> Lines:
    years = stated.use_years
    return [_span(years.first, years.last)] if stated.HasField("use_years") else []


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _approach(stated: Statement) -> Lines:
    """The approach in its six-digit form, so that the two forms are no difference."""
    try:
        return [parse_cooperative_approach_id(stated.cooperative_approach, "cooperative_approach")]
    except ProtocolError:  # a draft may still be without one
        return [stated.cooperative_approach] if stated.cooperative_approach else []


def _kinds(stated: Statement) -> Lines:
    return [_KINDS.get(kind, str(kind)) for kind in sorted(set(stated.kinds))]


def _issuing_body(stated: Statement) -> Lines:
    contacts = [
        _joined(each.name, each.role, each.email, each.telephone, each.address)
        for each in stated.contacts
    ]
    return [*([stated.issuing_body] if stated.issuing_body else []), *contacts]


def _activity(stated: Statement) -> Lines:
    lines = [stated.activity] if stated.activity else []
    if stated.sectors:
        lines.append("Sector: " + "; ".join(sorted(set(stated.sectors))))
    if stated.activity_types:
        lines.append("Activity type: " + "; ".join(sorted(set(stated.activity_types))))
    return lines


def _purposes(stated: Statement) -> Lines:
    if stated.purposes:
        return [purpose_text(stated.purposes)]
    of_use = not stated.kinds or authorization_pb2.AUTHORIZATION_KIND_USE in stated.kinds
    return ["None is named yet: units stay with their host and are used for nothing"] * of_use


def _parties(stated: Statement) -> Lines:
    return sorted(set(stated.parties))


def _entities(stated: Statement) -> Lines:
    lines = sorted(set(stated.entities) - {each.entity for each in stated.authorized_entities})
    for each in stated.authorized_entities:
        country = f"incorporated in {each.country}" if each.country else ""
        number = f"number {each.identification_number}" if each.identification_number else ""
        since = f"authorized on {each.date}" if each.date else ""
        lines.append(_joined(each.entity, each.name, country, number, since))
        particulars = (
            ("Conditions", each.conditions),
            ("Change and revocation", each.change_and_revocation_conditions),
            ("Information", each.additional_information),
        )
        lines.extend(f"{label}: {said}" for label, said in particulars if said)
    return lines


def _quantity(stated: Statement) -> Lines:
    held = "a limit" if stated.quantity_is_limit else "an expectation; more raises a warning"
    total = [f"{forms.number(stated.quantity)}, {held}"] if stated.HasField("quantity") else []
    shares = [
        f"{purpose_text(each.purposes)}: {forms.number(each.quantity)}, {held}"
        for each in stated.purpose_quantities
    ]
    return [*total, *sorted(shares)]


def _metric(stated: Statement) -> Lines:
    name = _METRICS.get(stated.metric, "")
    lines = [_joined(name, stated.non_ghg_metric)] if name or stated.non_ghg_metric else []
    if stated.gwp_values:
        lines.append(f"Global warming potentials: {stated.gwp_values}")
    return lines


def _definition(stated: Statement) -> Lines:
    name = _DEFINITIONS.get(stated.first_transfer_definition)
    return [name] if name else []


def _yearly(stated: Statement) -> Lines:
    ordered = sorted(stated.yearly_quantities, key=lambda each: each.year)
    return [f"{each.year}: {forms.number(each.quantity)}" for each in ordered]


def _registries(stated: Statement) -> Lines:
    return sorted(f"{each.party}: {each.registry}" for each in stated.tracking_registries)


def _duration(stated: Statement) -> Lines:
    lines = [f"from {stated.start_date}"] if stated.start_date else []
    return [*lines, *([f"until {stated.end_date}"] if stated.end_date else [])]


def _schemes(stated: Statement) -> Lines:
    return sorted(set(stated.underlying_schemes))


def _changes(stated: Statement) -> Lines:
    lines = [stated.possible_changes] if stated.possible_changes else []
    if stated.permitted_changes:
        titles = [titled(number) for number in sorted(set(stated.permitted_changes))]
        lines.append("A later version may change: " + "; ".join(titles))
    return lines


def _binds(stated: Statement) -> Lines:
    bound = "Later versions also bind units already first transferred"
    return [bound] if stated.binds_first_transferred else []


def _document(stated: Statement) -> Lines:
    return [f"SHA-256 {stated.document_hash.hex()}"] if stated.document_hash else []


def _revoked(stated: Statement) -> Lines:
    if not stated.revoked:
        return []
    ground = _GROUNDS.get(stated.revocation_ground, "no ground is stated")
    return [
        f"Revoked for units not yet first transferred: {stated.revocation_reason}",
        f"Ground: {ground}",
    ]


_COLUMN: Final = 28
"""Width of the labels on a terminal; the longest has 27 characters."""
_REPORT: Final = "7/CMA.4 synthesis report, para"
_ASKED: Final = f"{_REPORT} 21"
_AEF: Final = "AEF table 2"
_API: Final = "draft interoperability standard"

ELEMENTS: Final[tuple[Element, ...]] = (
    Element("KINDS", "Kinds of authorization", _API, _kinds),
    Element("PARTY", "First transferring Party", f"{_ASKED}(a)", _text("party")),
    Element("ISSUING_BODY", "Issued by", f"{_ASKED}(a)", _issuing_body),
    Element("DATE", "Date", f"{_ASKED}(b)", _text("date")),
    Element("AUTHORIZATION_ID", "Identifier", f"{_ASKED}(c)", _text("authorization_id")),
    Element(
        "REGISTRATION_NUMBER", "Registration number", f"{_ASKED}(d)", _text("registration_number")
    ),
    Element("COOPERATIVE_APPROACH", "Cooperative approach", _AEF, _approach),
    Element(
        "ACTIVITY_PARTICIPANTS",
        "Activity participants",
        f"{_ASKED}(e)",
        lambda stated: list(stated.activity_participants),
    ),
    Element("ACTIVITY", "Activity", f"{_ASKED}(f)", _activity),
    Element("PURPOSES", "Purposes", f"{_ASKED}(g)", _purposes),
    Element("OTHER_PURPOSES", "Other purposes", f"{_ASKED}(g)(ii)", _text("other_purposes")),
    Element("PARTIES", "Parties that may use", _AEF, _parties),
    Element("ENTITIES", "Authorized entities", f"{_ASKED}(g)(ii); AEF table 5", _entities),
    Element("QUANTITY", "Authorized quantity", f"{_ASKED}(g)", _quantity),
    Element("METRIC", "Metric", _AEF, _metric),
    Element("FIRST_TRANSFER_DEFINITION", "First transfer", f"{_ASKED}(h)", _definition),
    Element("YEARLY_QUANTITIES", "By calendar year", f"{_ASKED}(i)", _yearly),
    Element("NDC_PERIODS", "NDC periods", f"{_ASKED}(i)", _spans("ndc_periods")),
    Element("VINTAGES", "Vintages", _AEF, _vintages),
    Element("USE_YEARS", "Years of use", _AEF, _use_years),
    Element("TRACKING_REGISTRIES", "Tracked in", f"{_ASKED}(j)", _registries),
    Element("DURATION", "In force", _API, _duration),
    Element("UNDERLYING_SCHEMES", "Underlying schemes", _API, _schemes),
    Element("TERMS", "Terms and conditions", _AEF, _text("terms")),
    Element("POSSIBLE_CHANGES", "Possible changes", f"{_API}; {_REPORT}s 29-30", _changes),
    Element(
        "REVOCATION_CONDITIONS",
        "Revocation conditions",
        f"{_REPORT} 29",
        _text("revocation_conditions"),
    ),
    Element("BINDS_FIRST_TRANSFERRED", "Reach of changes", f"{_REPORT} 29", _binds),
    Element("DOCUMENT", "Letter", _AEF, _document),
    Element(
        "ADDITIONAL_INFORMATION", "Additional information", _AEF, _text("additional_information")
    ),
    Element("REVOKED", "Revoked", f"{_REPORT} 29", _revoked),
)
"""In the order of authorization_pb2.AuthorizationElement; a test compares the two."""

NUMBERS: Final = {
    element.name: authorization_pb2.AuthorizationElement.Value(
        f"AUTHORIZATION_ELEMENT_{element.name}"
    )
    for element in ELEMENTS
}


def titled(number: int) -> str:
    """The title of an element by its number in the enum."""
    return ELEMENTS[number - 1].title if 1 <= number <= len(ELEMENTS) else str(number)


def rows(stated: Statement) -> tuple[Row, ...]:
    """The elements that a statement has, in the order of the letter."""
    found = ((element, tuple(element.read(stated))) for element in ELEMENTS)
    return tuple(Row(element, lines) for element, lines in found if lines)


def differing(before: Statement, after: Statement) -> tuple[Element, ...]:
    """The elements in which a later version differs. Its own date is no change: each has one."""
    old = {row.element.name: row.lines for row in rows(before)}
    new = {row.element.name: row.lines for row in rows(after)}
    return tuple(
        element
        for element in ELEMENTS
        if element.name != "DATE" and old.get(element.name) != new.get(element.name)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of an authorization with the signatures under it, as text.

    Attributes:
        statement: What it says.
        standing: Where it stands, in a word.
        signed_by: The Party's node and key; empty for a draft.
        countersigned_by: The clearing-house's key; empty until it has decided.
        countersigned_at: When, in UTC.
        receipt_hash: SHA-256 of the receipt, in hexadecimal.
        log_index: Place of the receipt's decision in the log.
        refusal: Why it was not taken in; empty otherwise.
    """

    statement: Statement
    standing: str
    signed_by: str = ""
    countersigned_by: str = ""
    countersigned_at: str = ""
    receipt_hash: str = ""
    log_index: int | None = None
    refusal: str = ""

    @property
    def number(self) -> str:
        """The version's number, or that it is a draft."""
        return str(self.statement.version) if self.statement.version else "draft"


def signatures(version: Version) -> tuple[tuple[str, str], ...]:
    """The block under a letter: who signed, who countersigned, and where it is recorded."""
    place = "" if version.log_index is None else f"entry {version.log_index} of the log"
    rows_ = (
        ("Signed for the Party", version.signed_by or "not signed"),
        ("Countersigned", version.countersigned_by or "not countersigned"),
        ("Recorded", _joined(version.countersigned_at, place)),
        ("Receipt", f"SHA-256 {version.receipt_hash}" if version.receipt_hash else ""),
        ("Not taken in", version.refusal),
    )
    return tuple((label, said) for label, said in rows_ if said)


def heading(version: Version) -> str:
    """What the letter is, in one line."""
    stated = version.statement
    number = f"version {version.number}" if stated.version else "draft"
    return f"Authorization {stated.authorization_id} of {stated.party}, {number}"


def history(versions: Sequence[Version]) -> tuple[tuple[str, str, str, str], ...]:
    """One row for each version: number, date, where it stands, and what it changed."""
    return tuple(
        (
            each.number,
            each.statement.date or "no date yet",
            each.standing,
            each.statement.difference or ("" if each.statement.version > 1 else "first statement"),
        )
        for each in versions
    )


def text(version: Version, versions: Sequence[Version]) -> str:
    """The letter for a terminal: plain lines, labels in one column."""
    lines = [heading(version), f"State: {version.standing}", ""]
    for row in rows(version.statement):
        lines.extend(_labelled(row.element.title, row.lines))
    lines.extend(["", "Signatures"])
    for label, said in signatures(version):
        lines.extend(_labelled(label, (said,)))
    lines.extend(["", "Versions"])
    for number, date, standing, difference in history(versions):
        lines.extend(_labelled(f"{number}  {date}  {standing}", (difference,)))
    return "\n".join(lines)


def _labelled(label: str, said: Sequence[str]) -> list[str]:
    first, *rest = said or ("",)
    indent = " " * (_COLUMN + 2)
    return [f"  {label:<{_COLUMN}}{first}".rstrip(), *(f"{indent}{each}" for each in rest)]
