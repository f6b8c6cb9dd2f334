# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable

import pytest

from itmo import identifiers as ids
from itmo.identifiers import PartyCode, RegistryId, UnitId
from itmo.reasons import ProtocolError, Reason

UUID7 = "0189c0f2-7b1a-7c3d-8e4f-0123456789ab"
ACCOUNT = "CH72CHE0110000000001"

GOOD: list[tuple[Callable[[str, str], str], list[str]]] = [
    (ids.parse_party_code, ["CHE", "THA", "GHA", "XEU", "XMR"]),
    (ids.parse_registry_id, ["CHE01", "THA99", "XEU01", "XMR01"]),
    (ids.parse_node_id, ["ab", "che-registry", "a" * 31, "n0-"]),
    (ids.parse_network_id, ["itmo-test", "a" * 40]),
    (ids.parse_cooperative_approach_id, ["CA000001", "CA123456"]),
    (ids.parse_authorization_id, ["1006.4/2810", "A", "CHE LoA-1", "x" * 64]),
    (ids.parse_entity_id, ["a", "Entity (1) & Co.", "~" * 64]),
    (ids.parse_transaction_id, [UUID7]),
    (ids.parse_message_id, [UUID7]),
    (
        ids.parse_account_id,
        [ACCOUNT, "TH05THA0110000000001", "GH74GHA0110000000001", "IE64IRCE92050112345678"],
    ),
]

BAD: list[tuple[Callable[[str, str], str], list[str]]] = [
    (ids.parse_party_code, ["CH", "CHEE", "che", "EUE", "ZZZ", "XM", "CH1"]),
    (ids.parse_registry_id, ["CHE1", "CHE001", "ZZZ01", "che01", "CHE-1", "01CHE", "TH001"]),
    (ids.parse_node_id, ["a", "a" * 32, "1a", "-a", "Ab", "a_b", "a.b"]),
    (ids.parse_network_id, ["a", "a" * 41, "Prod", "9x"]),
    (ids.parse_cooperative_approach_id, ["CA1", "CA00001", "CA0000001", "ca0001", "CAABCD"]),
    (ids.parse_authorization_id, [" A", "A ", "A_B", "x" * 65, "A\u00a0B", "(A)"]),
    (ids.parse_entity_id, [" a", "a ", "a" * 65, "a\tb", "\x7f", "é"]),
    (
        ids.parse_transaction_id,
        [
            UUID7.upper(),
            UUID7.replace("-", ""),
            "{" + UUID7 + "}",
            "0189c0f2-7b1a-4c3d-8e4f-0123456789ab",
            "0189c0f2-7b1a-7c3d-ce4f-0123456789ab",
        ],
    ),
    (ids.parse_message_id, [UUID7.upper(), "0189c0f2-7b1a-4c3d-8e4f-0123456789ab"]),
    (
        ids.parse_account_id,
        [
            "CH73CHE0110000000001",  # check digits
            "CH72CHE0110000000010",  # digits exchanged
            "ZZ72CHE0110000000001",
            "ch72CHE0110000000001",
            "CH72 CHE0110000000001",
            "CH72CHE01",
            "CH72" + "A" * 31,
        ],
    ),
]
# What looks like, hides in, or is mistaken for the good text.
CONFUSED: list[Callable[[str], str]] = [
    lambda text: "",
    lambda text: text + "\n",
    lambda text: "\n" + text,
    lambda text: text + " ",
    lambda text: text + "\u200b",  # zero width space
    lambda text: "\ufeff" + text,
    lambda text: "\u202e" + text,  # right to left override
    lambda text: chr(ord(text[0]) + 0xFEE0) + text[1:],  # full width
    lambda text: text + "\u0661",  # Arabic-Indic digit one, which isdigit() and int() accept
    lambda text: (
        text.replace("A", "\u0391").replace("a", "\u0430").replace("0", "\u041e") + "\u0421"
    ),
    lambda text: text + "\ud800",
    lambda text: text + "\x00",
    lambda text: text * 100_000,
]


def refusal(parse: Callable[[str, str], object], text: str) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        parse(text, "proposal.field")
    error = caught.value
    assert error.message.startswith("proposal.field: found ")
    assert "expected" in error.message
    assert error.message.isascii()
    assert len(error.message) < 400
    assert error.metadata["where"] == "proposal.field"
    return error


@pytest.mark.parametrize(("parse", "text"), [(p, t) for p, texts in GOOD for t in texts])
def test_good_identifiers_come_back_unchanged(parse: Callable[[str, str], str], text: str) -> None:
    assert parse(text, "x") == text


@pytest.mark.parametrize(("parse", "text"), [(p, t) for p, texts in BAD for t in texts])
def test_bad_identifiers_are_refused(parse: Callable[[str, str], str], text: str) -> None:
    assert refusal(parse, text).reason is Reason.IDENTIFIER_INVALID


@pytest.mark.parametrize("confuse", CONFUSED)
@pytest.mark.parametrize(("parse", "text"), [(p, t[0]) for p, t in GOOD])
def test_confusables_are_refused_never_normalised(
    parse: Callable[[str, str], str], text: str, confuse: Callable[[str], str]
) -> None:
    assert refusal(parse, confuse(text)).reason is Reason.IDENTIFIER_INVALID


def test_four_digit_approach_equals_six_digit_one() -> None:
    assert ids.parse_cooperative_approach_id("CA0003", "x") == "CA000003"


@pytest.mark.parametrize(
    ("registry", "account_type", "number", "expected"),
    [
        ("CHE01", 100, 1, "CH72CHE0110000000001"),
        ("THA01", 100, 1, "TH05THA0110000000001"),
        ("GHA01", 100, 1, "GH74GHA0110000000001"),
        ("CHE01", 200, 1, "CH10CHE0120000000001"),
    ],
)
def test_account_ids_of_the_domain_notes(
    registry: str, account_type: int, number: int, expected: str
) -> None:
    assert ids.make_account_id(RegistryId(registry), account_type, number) == expected


def test_account_ids_of_the_union_and_the_mechanism() -> None:
    assert ids.make_account_id(RegistryId("XEU01"), 100, 1).startswith("EU")
    assert ids.make_account_id(RegistryId("XMR01"), 100, 1).startswith("XM")


@pytest.mark.parametrize(
    ("account_type", "number"),
    [(-1, 1), (1000, 1), (100, -1), (100, 10**8), pytest.param(100, 10**9000, id="huge")],
)
def test_account_numbers_out_of_bounds_are_refused(account_type: int, number: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        ids.make_account_id(RegistryId("CHE01"), account_type, number)
    assert caught.value.reason is Reason.IDENTIFIER_INVALID


def test_check_digits_have_one_spelling() -> None:
    # 97 is congruent to 00, 98 to 01 and 02 to 99: the second spellings pass the sum alone.
    found = set()
    for number in range(400):
        account = ids.make_account_id(RegistryId("CHE01"), 100, number)
        check = int(account[2:4])
        for other in (check - 97, check + 97):
            if 0 <= other <= 99:
                found.add(other)
                twin = f"{account[:2]}{other:02}{account[4:]}"
                assert not ids.account_check_digits_valid(twin)
    assert found == {0, 1, 99}


@pytest.mark.parametrize("text", ["", "CH72", "hello", "CH72CHE011000000000\u0661"])
def test_check_digits_of_anything_else_are_invalid(text: str) -> None:
    assert not ids.account_check_digits_valid(text)


def test_unit_id_reads_and_writes() -> None:
    unit = UnitId.parse("CA0003-THA01-THA-1-2022", "unit")
    assert unit == UnitId.parse("CA000003-THA01-THA-1-2022", "unit")
    assert (unit.registry, unit.first_transferring_party) == ("THA01", "THA")
    assert (unit.serial, unit.vintage) == (1, 2022)
    assert str(unit) == unit.format() == "CA000003-THA01-THA-1-2022"


@pytest.mark.parametrize(
    "text",
    [
        "CA0003-THA01-THA-1,916-2022",
        "CA0003-THA01-THA-01-2022",
        "CA0003-THA01-THA-0-2022",
        "CA0003-THA01-THA-9223372036854775807-2022",
        "CA0003-THA01-THA-1-2020",
        "CA0003-THA01-THA-1-22",
        "CA0003-THA01-THA-\u0661-2022",
        "CA0005-ART-GY-1-2021",
        "CA0003-TH001-TH-1917-2022",
        "TH1-BCH-S0333-57-2022-16829005-1-0",
        "CA0003-THA01-THA-1-2022-",
        pytest.param("CA0003-THA01-THA-1-2022" * 1000, id="long"),
    ],
)
def test_bad_unit_ids_are_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        UnitId.parse(text, "unit")
    assert caught.value.reason is Reason.IDENTIFIER_INVALID


@pytest.mark.parametrize(
    ("serial", "vintage"), [(0, 2022), (2**63 - 1, 2022), (True, 2022), (1, 2020)]
)
def test_unit_id_cannot_be_built_out_of_bounds(serial: int, vintage: int) -> None:
    good = UnitId.parse("CA0003-THA01-THA-1-2022", "unit")
    with pytest.raises(ProtocolError):
        UnitId(good.cooperative_approach, good.registry, PartyCode("THA"), serial, vintage)


def test_registry_party() -> None:
    assert ids.registry_party(RegistryId("CHE01")) == "CHE"


@pytest.mark.parametrize(
    "text",
    ["", "Zürich, 1 août", "ประเทศไทย", "日本", "a\u00a0b", pytest.param("x" * 2000, id="long")],
)
def test_free_text_of_people_is_admitted(text: str) -> None:
    assert ids.parse_free_text(text, "note", 2000) == text


@pytest.mark.parametrize(
    "text",
    [
        "Zu\u0308rich",  # not NFC
        "a\nb",
        "a\x1b[31mb",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\u200db",
        "\ufeffa",
        "a\u00adb",
        "a\u2028b",
        "a\u3164b",
        "a\ufe0fb",
        "a\U000e0041b",
        "a\U000e0100b",
        "\ud800",
        "\ue000",
        "\uffff",
        "a\U0001fae8b",  # of Unicode 15, which Python 3.12 knows
        "a\u1c89b",  # of Unicode 16, which Python 3.14 knows
        pytest.param("x" * 2001, id="too long"),
    ],
)
def test_free_text_that_hides_something_is_refused(text: str) -> None:
    def parse(value: str, where: str) -> str:
        return ids.parse_free_text(value, where, 2000)

    assert refusal(parse, text).reason is Reason.PAYLOAD_INVALID
