# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The standard electronic template: files, questions on a terminal, and the letter made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from broker.regime.paris.statements.authorization import authorization as as_the_broker_reads_it
from broker.rulebook.paris.authorization_terms import faults_of
from itmo import authorization_html, authorization_letter
from itmo.authorization_letter import ELEMENTS, NUMBERS, Version
from itmo.paris.v1 import authorization_pb2
from itmo.reasons import ProtocolError, Reason
from registry_node.paris.authorization_template import KEYS, authorization, statement

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy/config/authorization.example.yaml"
OF_LATER_VERSIONS = {
    "version",
    "difference",
    "changed_elements",
    "revoked",
    "revocation_reason",
    "revocation_ground",
}
INSTEAD = {"entities", "non_ghg_metric"}
"""Keys that the example has another form of: entities with particulars, a metric that is GHG."""


def refused(tmp_path: Path, text: str) -> ProtocolError:
    file = tmp_path / "letter.yaml"
    file.write_text(text)
    with pytest.raises(ProtocolError) as raised:
        statement(authorization(file), file)
    return raised.value


def test_the_example_has_every_key_and_the_broker_takes_it() -> None:
    fields = authorization(EXAMPLE)
    assert set(KEYS) - set(fields) == OF_LATER_VERSIONS | INSTEAD
    stated = statement({**fields, "version": 1}, EXAMPLE)
    assert list(faults_of(as_the_broker_reads_it(stated))) == []


def test_the_letter_shows_every_element_of_the_example() -> None:
    stated = statement({**authorization(EXAMPLE), "version": 1}, EXAMPLE)
    shown = {row.element.name for row in authorization_letter.rows(stated)}
    unsaid = {"REVOKED", "BINDS_FIRST_TRANSFERRED"}  # false in the example
    assert {element.name for element in ELEMENTS} - shown == unsaid


def test_every_field_of_the_statement_is_seen_in_the_letter_or_in_the_history() -> None:
    """A field that no element shows could change without being called a difference."""
    apart = {"header", "version", "changed_elements", "difference"}
    apart |= {"revocation_reason", "revocation_ground"}
    quiet = {"quantity_is_limit"}  # shown beside a quantity only
    nothing = authorization_letter.rows(authorization_pb2.AuthorizationStatement())
    for field in authorization_pb2.AuthorizationStatement.DESCRIPTOR.fields:
        if field.name in apart | quiet:
            continue
        made = authorization_pb2.AuthorizationStatement()
        target: Any = getattr(made, field.name)
        if field.message_type is not None and field.is_repeated:
            added = target.add()
            name = next(each.name for each in added.DESCRIPTOR.fields if not each.is_repeated)
            setattr(added, name, 2022 if isinstance(getattr(added, name), int) else "x")
        elif field.message_type is not None:
            target.first = 2022
        elif field.is_repeated:
            target.append(1 if field.enum_type is not None else "x")
        else:
            value = {bool: True, int: 1, bytes: b"1"}.get(type(target), "x")
            setattr(made, field.name, value)
        assert authorization_letter.rows(made) != nothing, field.name


def test_elements_are_those_of_the_protocol_in_its_order() -> None:
    assert list(NUMBERS.values()) == list(range(1, len(ELEMENTS) + 1))
    assert len(authorization_pb2.AuthorizationElement.keys()) == len(ELEMENTS) + 1


@pytest.mark.parametrize(
    ("text", "reason", "found"),
    [
        ("puposes: [NDC]", Reason.PAYLOAD_INVALID, "did you mean purposes"),
        ("sectors: [Transport]", Reason.NOMENCLATURE_UNKNOWN, "'Transportation'"),
        ("activity_types: [CO2 usage]", Reason.NOMENCLATURE_UNKNOWN, "'C02 usage'"),
        ("purposes: NDC", Reason.PAYLOAD_INVALID, "purposes"),
        ("purposes: [NCD]", Reason.PAYLOAD_INVALID, "did you mean NDC"),
        ("kinds: [entity]", Reason.PAYLOAD_INVALID, "did you mean entities"),
        ("permitted_changes: [quantities]", Reason.PAYLOAD_INVALID, "quantit"),
        ("quantity: true", Reason.PAYLOAD_INVALID, "quantity"),
        ("quantity: 1.5", Reason.PAYLOAD_INVALID, "quantity"),
        ("vintages: [2022]", Reason.PAYLOAD_INVALID, "vintages"),
        ("vintages: 2022", Reason.PAYLOAD_INVALID, "vintages"),
        ("yearly_quantities: {2022: -5}", Reason.PAYLOAD_INVALID, "yearly_quantities"),
        ("contacts: [{nmae: x}]", Reason.PAYLOAD_INVALID, "did you mean name"),
        ("contacts: [x]", Reason.PAYLOAD_INVALID, "contacts"),
        ("terms: [a, b]", Reason.PAYLOAD_INVALID, "terms"),
        ("terms:", Reason.PAYLOAD_INVALID, "terms"),
        ("tracking_registries: [THA01]", Reason.PAYLOAD_INVALID, "tracking_registries"),
        ("document_hash: xyz", Reason.PAYLOAD_INVALID, "document_hash"),
        ("[1, 2]", Reason.PAYLOAD_INVALID, "must hold the fields"),
        ("a: [", Reason.PAYLOAD_INVALID, "letter.yaml:1: not YAML"),
        (
            "id: A-1\nquantity: 500\nid: 2023-08",
            Reason.PAYLOAD_INVALID,
            ":3: the key 'id' stands already",
        ),
        ("quantity: 0500", Reason.PAYLOAD_INVALID, "quantity cannot be '0500'"),
        ("vintages: [2022, 02030]", Reason.PAYLOAD_INVALID, "vintages"),
        ("vintages: [true, 2030]", Reason.PAYLOAD_INVALID, "vintages"),
        ("quantity_is_limit: yes", Reason.PAYLOAD_INVALID, "quantity_is_limit"),
        ("entities: [~]", Reason.PAYLOAD_INVALID, "entities"),
    ],
)
def test_what_a_file_cannot_say(tmp_path: Path, text: str, reason: Reason, found: str) -> None:
    error = refused(tmp_path, text)
    assert error.reason is reason
    assert found in error.message
    assert "letter.yaml" in error.message


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    assert "more than" in refused(tmp_path, "#" * 300_000).message


def test_a_page_escapes_what_a_party_wrote_and_loads_nothing() -> None:
    stated = authorization_pb2.AuthorizationStatement(
        authorization_id="A1", party="THA", version=1, terms="<script>alert(1)</script>"
    )
    letter = Version(statement=stated, standing="IN_EFFECT", refusal="<img src=x>")
    page = authorization_html.page(letter, [letter], datetime(2026, 1, 1, tzinfo=UTC))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_file_is_signed_as_it_is_written(tmp_path: Path) -> None:
    """None of it is a number, a time, a truth value or something in base 60 or 8."""
    file = tmp_path / "letter.yaml"
    file.write_text(
        "id: 1006.40\nparty: THA\ncooperative_approach: CA0003\nregistration_number: 0012\n"
        "purposes: [NDC]\nquantity: 500_000\nparties: [CHE]\nvintages: [2022, 2030]\n"
        "date: 2023-08-02\nentities: [007, 1e5, 12:30, 1_000, true]\ncontacts:\n"
        "  - name: Somchai\n    role: officer\n    email: a@b.th\n    telephone: 0041445551234\n"
        "  - {name: No, role: yes, email: x@y, telephone: +66 2 141}\n"
    )
    made = statement(authorization(file), file)
    assert (made.authorization_id, made.registration_number) == ("1006.40", "0012")
    assert (made.quantity, made.date) == (500_000, "2023-08-02")
    assert list(made.entities) == ["007", "1e5", "12:30", "1_000", "true"]
    first, second = made.contacts
    assert first.telephone == "0041445551234"
    assert (second.name, second.role, second.telephone) == ("No", "yes", "+66 2 141")
