# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import time

import pytest

from itmo.plain_yaml import MAX_BYTES, MAX_DEPTH
from scenarios.document import ScenarioInvalid
from scenarios.reading import read
from tests.unit.scenarios.worlds import VALID


def refusal(content: bytes) -> tuple[int, str]:
    with pytest.raises(ScenarioInvalid) as caught:
        read("test.yaml", content)
    [problem] = caught.value.problems
    return problem.line, problem.text


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "empty"),
        (b"# only a comment\n", 1, "empty"),
        (b"x: 1\n---\ny: 2\n", 2, "second document"),
        (b"x: [1,\n  2\ny: {", 3, "not YAML"),
        (b"x: \x00", 1, "not YAML"),
        (b"x: 1\ny: \xff\xfe", 2, "not UTF-8"),
        (b"#" * (MAX_BYTES + 1), 1, "bytes"),
        (b"x: " + b"[" * 50_000, 1, "nested deeper"),
        (b"x: " + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), 1, "nested deeper"),
        pytest.param(b"x: [" + b"1," * 60_000 + b"]", 1, "more than", marks=pytest.mark.slow),
        (BOMB.encode(), 8, "aliases"),
        (b"x: &x [*x]", 1, "aliases"),
        (b"x: *nothing", 1, "not YAML"),
    ],
    ids=[
        "nothing", "comment", "two", "syntax", "nul", "encoding", "size", "brackets", "depth",
        "count", "alias bomb", "alias of itself", "unknown alias",
    ],
)  # fmt: skip
def test_a_document_that_is_none_or_too_much_is_refused(
    content: bytes, line: int, says: str
) -> None:
    begun = time.process_time()  # of this process: other load does not count
    found, text = refusal(content)
    assert says in text
    assert found <= line
    assert time.process_time() - begun < 10


def test_a_harmless_alias_is_followed() -> None:
    text = VALID.replace(
        "{kind: national, registries: [THA01]}", "{kind: &k national, registries: [THA01]}"
    )
    text = text.replace("{kind: national, registries: [CHE01]}", "{kind: *k, registries: [CHE01]}")
    assert read("test.yaml", text.encode()).nodes[1].kind == "NATIONAL"


@pytest.mark.parametrize("value", ["!!python/name:os.system", "!!int '1'", "!!binary aGk=", "!x y"])
def test_tags_construct_nothing(value: str) -> None:
    text = VALID.replace("scenario: A small one", f"scenario: {value}")
    with pytest.raises(ScenarioInvalid):
        read("test.yaml", text.encode())


def test_a_merge_key_is_an_unknown_key() -> None:
    text = VALID.replace("scenario: A small one", "scenario: A small one\n<<: {clock: x}")
    line, said = refusal(text.encode())
    assert (line, "unknown key" in said) == (2, True)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read("test.yaml", b"\xef\xbb\xbf" + VALID.encode()).title == "A small one"


@pytest.mark.parametrize(
    "content", [b"x", b"- a\n- b", b"1", b"null", b"{1: 2}", b"{[a]: b}", b"{{a: b}: c}"]
)
def test_anything_else_is_a_fault_and_never_an_exception(content: bytes) -> None:
    with pytest.raises(ScenarioInvalid):
        read("test.yaml", content)
