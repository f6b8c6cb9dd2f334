# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Files of every command are read as they are written: no value changes, no key is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from itmo.plain_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, YamlFault, compose, plain, read_yaml
from itmo.reasons import ProtocolError, Reason
from registry_node.paris.authorization_template import authorization, statement
from tests.kit.aef_files import story_file


def read(text: str) -> object:
    return plain(compose(text.encode()))


@pytest.mark.parametrize(
    "written",
    [
        "0012", "0500", "007", "0041445551234", "1006.40", "1e5", "12:30", "12:30:45", "0x1F", "0o17", "+66",
        "1_0.5", ".5", ".inf", ".nan", "No", "no", "NO", "yes", "Yes", "on", "off", "y", "n", "True", "FALSE",
        "Null", "NULL", "2023-08-02", "2023-08-02T00:00:00Z", "=", "<<", "-0x1",
    ],
)  # fmt: skip
def test_what_is_no_plain_number_is_text_letter_by_letter(written: str) -> None:
    assert read(f"key: {written}\n") == {"key": written}
    assert read(f"[{written}]") == [written]


@pytest.mark.parametrize(
    ("written", "number"), [("0", 0), ("12", 12), ("-7", -7), ("1_000", 1000), (str(2**63), 2**63)]
)
def test_a_number_is_a_number_and_keeps_its_writing(written: str, number: int) -> None:
    found = read(f"key: {written}")
    assert found == {"key": number}
    assert isinstance(found, dict)
    assert str(found["key"]) == written


def test_truth_and_nothing_have_one_spelling_each() -> None:
    assert read("{a: true, b: false, c: null, d: ~, e: }") == {
        "a": True, "b": False, "c": None, "d": None, "e": None,
    }  # fmt: skip
    assert read("""{a: "true", b: '12', c: "null"}""") == {"a": "true", "b": "12", "c": "null"}
    assert read("a: |\n  12\n") == {"a": "12\n"}


def test_keys_that_are_years_are_numbers() -> None:
    assert read("2022: 60000\n2023: 1\n") == {2022: 60000, 2023: 1}
    assert read("No: 1\n007: 2\n") == {"No": 1, "007": 2}


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "stands already in line 1"),
        ("x:\n  - {a: 1, a: 1}\n", 2, "stands already in line 2"),
        ("2022: 1\n2022: 2\n", 2, "stands already"),
        ("a: !!python/object:os.system x\n", 1, "the tag"),
        ("a: !!binary eA==\n", 1, "the tag"),
        ("? [a]\n: 1\n", 1, "a key must be"),
        ("a: 1\n---\nb: 2\n", 2, "a second document"),
        ("", 1, "empty"),
        ("{", 1, "not YAML"),
        ("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), 1, "nested deeper"),
        ("[" + "1," * (MAX_NODES + 1) + "]", 1, "more than"),
        ("#" * (MAX_BYTES + 1), 1, "bytes"),
        ("a: &a [x, *a]\n", 1, "aliases"),
    ],
)
def test_what_could_be_misread_is_refused_with_its_line(text: str, line: int, word: str) -> None:
    with pytest.raises(YamlFault) as refused:
        read(text)
    assert (refused.value.line, word in refused.value.text) == (line, True), refused.value.text


def test_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: 1\na: 2\n")
    with pytest.raises(
        ProtocolError, match=r"a\.yaml:2: the key 'a' stands already in line 1"
    ) as no:
        read_yaml(file)
    assert no.value.reason is Reason.PAYLOAD_INVALID


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("c08_authorize_duplicate_keys.yaml", "quantity"),
        ("c08_party_duplicate_keys.yaml", "ndc_periods"),
    ],
)
def test_the_files_of_the_cases_with_keys_written_twice_are_refused(name: str, key: str) -> None:
    with pytest.raises(ProtocolError, match=f"the key '{key}' stands already") as refused:
        read_yaml(case(name))
    assert refused.value.reason is Reason.PAYLOAD_INVALID


def test_the_file_of_the_cases_that_yaml_1_1_misreads_keeps_its_words() -> None:
    fields = authorization(case("c08_authorize_yaml11.yaml"))
    with pytest.raises(ProtocolError, match="quantity cannot be '0500'; expected a whole number"):
        statement(fields, "case")
    stated = statement({**fields, "quantity": 500}, "case")
    assert (stated.authorization_id, stated.registration_number) == ("1006.40", "0012")
    assert list(stated.entities) == ["007", "1e5", "12:30"]
    first, second = stated.contacts
    assert (first.telephone, second.telephone) == ("0041445551234", "+66 2 141")
    assert (second.name, second.role) == ("No", "yes")


def case(name: str) -> Path:
    if (path := story_file(name)) is None:
        pytest.skip("the cases are not at hand")
    return path
