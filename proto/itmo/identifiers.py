# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Identifiers of the protocol, each with the one function that admits text as such.

Identifiers are ASCII and compared byte for byte. Look-alike, full-width and zero-width characters
are refused, never normalised: two texts that look the same must be the same. The one exception in
form, not in characters, is the cooperative approach, whose four-digit form equals the six-digit one
by decision of the nomenclature.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NewType, NoReturn

from itmo import limits
from itmo.parties import ALPHA2, PARTY_OF_ALPHA2, PartyCode
from itmo.reasons import ProtocolError, Reason, plain, shown
from itmo.serials import MAX_SERIAL
from itmo.vintage import checked_vintage, parse_vintage
from itmo.visible_characters import RUNS

__all__ = [
    "AccountId",
    "AuthorizationId",
    "CooperativeApproachId",
    "EntityId",
    "MessageId",
    "NetworkId",
    "NodeId",
    "PartyCode",
    "RegistryId",
    "TransactionId",
    "UnitId",
    "account_check_digits_valid",
    "make_account_id",
    "parse_account_id",
    "parse_authorization_id",
    "parse_cooperative_approach_id",
    "parse_entity_id",
    "parse_free_text",
    "parse_message_id",
    "parse_network_id",
    "parse_node_id",
    "parse_party_code",
    "parse_registry_id",
    "parse_transaction_id",
    "registry_party",
    "rulebook_named",
]

RegistryId = NewType("RegistryId", str)
NodeId = NewType("NodeId", str)
AccountId = NewType("AccountId", str)
CooperativeApproachId = NewType("CooperativeApproachId", str)
AuthorizationId = NewType("AuthorizationId", str)
TransactionId = NewType("TransactionId", str)
MessageId = NewType("MessageId", str)
NetworkId = NewType("NetworkId", str)
EntityId = NewType("EntityId", str)

FIRST_RULEBOOK: Final = "paris"
"""The rulebook of messages that name none, and of registries of which nothing else was stated."""

_PARTY: Final = re.compile(r"[A-Z]{3}")
_REGISTRY: Final = re.compile(r"[A-Z]{3}[0-9]{2}")
_NODE: Final = re.compile(rf"[a-z][a-z0-9-]{{1,{limits.MAX_NODE_ID - 1}}}")
_NETWORK: Final = re.compile(rf"[a-z][a-z0-9-]{{1,{limits.MAX_NETWORK_ID - 1}}}")
_APPROACH: Final = re.compile(r"CA([0-9]{4}|[0-9]{6})")
# First and last character are no space: a space that nobody sees must not make a second id.
_AUTHORIZATION: Final = re.compile(r"[A-Za-z0-9./-](?:[A-Za-z0-9 ./-]*[A-Za-z0-9./-])?")
_ENTITY: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_UUID7: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
# Check digits are 98 less a remainder of 97, so 00, 01 and 99 are second spellings and refused.
_ACCOUNT: Final = re.compile(r"([A-Z]{2})(?!00|01|99)[0-9]{2}[A-Z0-9]{11,30}")
_SERIAL: Final = re.compile(r"[1-9][0-9]{0,18}")
_UNIT_PARTS: Final = 5

_MAX_ACCOUNT_TYPE: Final = 999
_MAX_ACCOUNT_NUMBER: Final = 99_999_999


def parse_party_code(text: str, where: str) -> PartyCode:
    """Admits an ISO 3166-1 alpha-3 code, XEU, XMR (CN item 1) or XCD."""
    expected = "a known three-letter Party code such as CHE"
    _match(_PARTY, text, where, expected)
    if PartyCode(text) not in ALPHA2:
        _refuse(text, where, expected)
    return PartyCode(text)


def parse_registry_id(text: str, where: str) -> RegistryId:
    """Admits a known Party code followed by two digits (CN item 1)."""
    expected = "a known Party code and two digits such as CHE01"
    _match(_REGISTRY, text, where, expected)
    if PartyCode(text[:3]) not in ALPHA2:
        _refuse(text, where, expected)
    return RegistryId(text)


def registry_party(registry: RegistryId) -> PartyCode:
    """Returns the Party whose registry this is; XMR or XCD for the registry of a mechanism."""
    return PartyCode(registry[:3])


def parse_node_id(text: str, where: str) -> NodeId:
    """Admits a node id: a small letter, then 1 to 30 small letters, digits or hyphens."""
    expected = "a node id such as che-registry: [a-z][a-z0-9-]{1,30}"
    return NodeId(_match(_NODE, text, where, expected)[0])


def parse_network_id(text: str, where: str) -> NetworkId:
    """Admits a network id: like a node id, up to 40 characters."""
    expected = "a network id such as itmo-test: [a-z][a-z0-9-]{1,39}"
    return NetworkId(_match(_NETWORK, text, where, expected)[0])


def parse_cooperative_approach_id(text: str, where: str) -> CooperativeApproachId:
    """Admits `CA` with four or six digits and returns the six-digit form (CA0003 is CA000003)."""
    match = _match(_APPROACH, text, where, "CA and four or six digits such as CA000003")
    return CooperativeApproachId(f"CA{match[1]:0>6}")


def parse_authorization_id(text: str, where: str) -> AuthorizationId:
    """Admits letters, digits, space, hyphen, slash and full stop (CN item 7 and practice)."""
    expected = "letters, digits, space, hyphen, slash or full stop, no space at either end"
    return AuthorizationId(_match(_AUTHORIZATION, text, where, expected)[0])


def parse_entity_id(text: str, where: str) -> EntityId:
    """Admits the id of an authorized entity: printable ASCII without a space at either end."""
    expected = f"1 to {limits.MAX_IDENTIFIER} printable ASCII characters, no space at either end"
    return EntityId(_match(_ENTITY, text, where, expected)[0])


def parse_transaction_id(text: str, where: str) -> TransactionId:
    """Admits a UUID version 7 in canonical lower-case text (RFC 9562)."""
    return TransactionId(_match(_UUID7, text, where, "a UUID version 7 in lower case")[0])


def parse_message_id(text: str, where: str) -> MessageId:
    """Admits a UUID version 7 in canonical lower-case text (RFC 9562)."""
    return MessageId(_match(_UUID7, text, where, "a UUID version 7 in lower case")[0])


def parse_account_id(text: str, where: str) -> AccountId:
    """Admits a known two-letter code, two check digits and a body of 11 to 30 capitals or digits.

    The check digits are those of an IBAN: ISO 7064 MOD 97-10.
    """
    expected = "an account id with valid check digits such as CH72CHE0110000000001"
    match = _match(_ACCOUNT, text, where, expected)
    if match[1] not in PARTY_OF_ALPHA2 or not account_check_digits_valid(text):
        _refuse(text, where, expected)
    return AccountId(text)


def account_check_digits_valid(text: str) -> bool:
    """Says whether text of the form of an account id passes ISO 7064 MOD 97-10; else False."""
    return _ACCOUNT.fullmatch(text) is not None and _mod97(text) == 1


def make_account_id(registry: RegistryId, account_type: int, number: int) -> AccountId:
    """Composes the account id of the `number`th account of a type in a registry.

    Args:
        registry: The registry that keeps the account.
        account_type: Account type of the nomenclature, 0 to 999 (CN item 52).
        number: Running number, 0 to 99 999 999.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, when a number does not fit its digits.
    """
    if not 0 <= account_type <= _MAX_ACCOUNT_TYPE:
        _refuse(account_type, "account type", f"0 to {_MAX_ACCOUNT_TYPE}")
    if not 0 <= number <= _MAX_ACCOUNT_NUMBER:
        _refuse(number, "account number", f"0 to {_MAX_ACCOUNT_NUMBER}")
    country = ALPHA2[registry_party(registry)]
    body = f"{registry}{account_type:03}{number:08}"
    check = 98 - _mod97(f"{country}00{body}")
    return AccountId(f"{country}{check:02}{body}")


def _mod97(text: str) -> int:
    rotated = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in rotated)) % 97


@dataclass(frozen=True, slots=True, order=True)
class UnitId:
    """The five mandatory parts of a unit's identifier (6/CMA.4 annex I para 5).

    Attributes:
        cooperative_approach: In six-digit form.
        registry: Originating registry; with `serial` it is the key of the unit.
        first_transferring_party: An attribute, not derived from the registry.
        serial: Serial number within the originating registry.
        vintage: Calendar year of the mitigation.

    Raises:
        ProtocolError: IDENTIFIER_INVALID, when serial or vintage is out of bounds.
    """

    cooperative_approach: CooperativeApproachId
    registry: RegistryId
    first_transferring_party: PartyCode
    serial: int
    vintage: int

    def __post_init__(self) -> None:
        if type(self.serial) is not int or not 1 <= self.serial <= MAX_SERIAL:
            _refuse(self.serial, "unit id, serial", f"1 to {MAX_SERIAL}")
        checked_vintage(self.vintage, "unit id, vintage")

    @classmethod
    def parse(cls, text: str, where: str) -> "UnitId":
        """Admits text such as `CA0003-THA01-THA-1-2022`; thousands separators are refused."""
        parts = text.split("-") if len(text) <= limits.MAX_IDENTIFIER else []
        if len(parts) != _UNIT_PARTS or _SERIAL.fullmatch(parts[3]) is None:
            _refuse(text, where, "a unit id such as CA000003-THA01-THA-1-2022")
        return cls(
            cooperative_approach=parse_cooperative_approach_id(parts[0], where),
            registry=parse_registry_id(parts[1], where),
            first_transferring_party=parse_party_code(parts[2], where),
            serial=int(parts[3]),
            vintage=parse_vintage(parts[4], where),
        )

    def format(self) -> str:
        """Returns the text form, with the cooperative approach in six digits."""
        return (
            f"{self.cooperative_approach}-{self.registry}-{self.first_transferring_party}"
            f"-{self.serial}-{self.vintage}"
        )

    def __str__(self) -> str:
        return self.format()


# Where what people can see begins and where it ends, by turns: of Unicode 14, whatever this Python knows. Brokers of one
# clearing-house may run under several, and a record is verified by later ones.
_BOUNDS: Final = tuple(
    bound
    for first, last in (run.split("-") for run in RUNS.split())
    for bound in (int(first, 16), int(last, 16) + 1)
)


def parse_free_text(text: str, where: str, max_length: int = limits.MAX_TEXT) -> str:
    """Admits text for people: Unicode 14 in form NFC, nothing invisible, at most `max_length` code points.

    Line breaks are control characters and refused; empty text is admitted.

    Raises:
        ProtocolError: PAYLOAD_INVALID, naming `where`.
    """
    bad = len(text) > max_length
    bad = bad or not all(bisect_right(_BOUNDS, ord(character)) % 2 for character in set(text))
    if bad or not unicodedata.is_normalized("NFC", text):
        expected = f"at most {max_length} visible characters in Unicode form NFC"
        _refuse(text, where, expected, Reason.PAYLOAD_INVALID)
    return text


def _match(pattern: re.Pattern[str], text: str, where: str, expected: str) -> re.Match[str]:
    # Length first, so that no pattern ever works on more than an identifier's worth of text.
    match = pattern.fullmatch(text) if len(text) <= limits.MAX_IDENTIFIER else None
    return match or _refuse(text, where, expected)


def _refuse(
    value: object, where: str, expected: str, reason: Reason = Reason.IDENTIFIER_INVALID
) -> NoReturn:
    raise ProtocolError(
        reason,
        f"{where}: found {shown(value)}, expected {expected}.",
        where=where,
        found=plain(value),
        expected=expected,
    )


def rulebook_named(text: str, known: Collection[str], where: str) -> str:
    """The rulebook that a message names, or the first one where it names none.

    Args:
        text: As the message has it.
        known: Names of the rulebooks in force.
        where: Field, for the message.

    Raises:
        ProtocolError: RULEBOOK_UNKNOWN.
    """
    name = text or FIRST_RULEBOOK
    if name not in known:
        listed = ", ".join(sorted(known))
        raise ProtocolError(
            Reason.RULEBOOK_UNKNOWN,
            f"{where} is {shown(name)}; this network is judged by {listed}",
            where=where,
            found=plain(name),
            supported=listed,
        )
    return name
