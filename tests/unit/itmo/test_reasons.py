# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import pickle

import grpc
import pytest

from itmo.reasons import CATALOGUE, Again, Family, ProtocolError, Reason, plain, retryable, shown

PATIENCE = ("Wait as long as", "Send the same", "Connect again", "Nothing needs to be done")


def test_every_reason_has_exactly_one_row() -> None:
    assert set(CATALOGUE) == set(Reason)
    assert all(entry.reason is reason for reason, entry in CATALOGUE.items())


@pytest.mark.parametrize("reason", Reason)
def test_a_row_is_complete(reason: Reason) -> None:
    entry = CATALOGUE[reason]
    assert reason.value == reason.name
    assert entry.grpc_code in grpc.StatusCode.__members__
    assert entry.grpc_code != "OK"
    assert entry.cause.endswith(".")
    assert entry.remedy.endswith(".")
    assert all(name.isidentifier() for name in entry.metadata)
    assert entry.retryable == (entry.family in {Family.CONFLICT, Family.UNAVAILABLE})
    assert retryable(reason) is entry.retryable


@pytest.mark.parametrize("reason", [reason for reason in Reason if retryable(reason)])
def test_a_remedy_asks_for_patience_where_that_is_all_it_takes(reason: Reason) -> None:
    """A person who reads the remedy and a program that reads the catalogue do the same."""
    entry = CATALOGUE[reason]
    assert entry.remedy.startswith(PATIENCE) is (entry.again is Again.LATER), entry.remedy


def test_an_error_carries_reason_sentence_and_text_metadata() -> None:
    error = ProtocolError(Reason.SEQUENCE_GAP, "Found 7, expected 5.", found=7, expected=5)
    assert str(error) == error.message == "Found 7, expected 5."
    assert error.metadata == {"found": "7", "expected": "5"}
    assert error.retryable


def test_an_error_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(ProtocolError(Reason.INTERNAL, "Broken.", request_id="a")))
    assert (error.reason, error.message, error.metadata["request_id"]) == (
        Reason.INTERNAL,
        "Broken.",
        "a",
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(10**9000, id="huge"),
        pytest.param("x" * 10_000, id="long"),
        "\x1b[31m",
        "\u0421\u041d",
        None,
        1.5,
    ],
)
def test_shown_is_short_and_ascii(value: object) -> None:
    text = shown(value)
    assert len(text) < 120
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("CHE01", "CHE01"),
        ('it\'s "so"', 'it\'s "so"'),
        ("a\u200bb\u00e9\x7f\n", r"a\u200bb\u00e9\u007f\n"),
        ("\U0001d7ce", r"\ud835\udfce"),
        ("back\\slash", r"back\\slash"),
        ("x" * 81, "x" * 80 + "..."),
        (7, "7"),
        ("", ""),
    ],
)
def test_a_detail_is_plain_text_for_programs_in_any_language(value: object, written: str) -> None:
    assert plain(value) == written
