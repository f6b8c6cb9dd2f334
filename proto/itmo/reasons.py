# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every reason for which the protocol refuses something, and the exception that carries one.

The catalogue is the single source: the proto enum, the table of the protocol document and the
mapping to gRPC status are compared with it by tests. Texts are for people, reasons for programs.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Family(StrEnum):
    """What kind of failure a reason is, and so what a caller may do about it."""

    REFUSED = "REFUSED"  # a rule says no; the same request will be refused again
    CONFLICT = "CONFLICT"  # the state moved on; the request may succeed after catching up
    UNAVAILABLE = "UNAVAILABLE"  # nothing wrong with the request; send it again later
    BUG = "BUG"  # our own fault; details stay in the log of the service


class Again(StrEnum):
    """What becomes of the unchanged request when it is sent again."""

    LATER = "later"  # it may succeed, and its sender has nothing else to do
    MENDED = "once mended"  # it may succeed after somebody has done what the remedy says
    NEVER = "no"  # it will be refused again


class Reason(StrEnum):
    """Name of one cause of refusal. A name is never reused and never changes its meaning."""

    MESSAGE_TOO_LARGE = "MESSAGE_TOO_LARGE"
    MESSAGE_UNDECODABLE = "MESSAGE_UNDECODABLE"
    MESSAGE_UNKNOWN_FIELDS = "MESSAGE_UNKNOWN_FIELDS"
    PAYLOAD_TYPE_UNKNOWN = "PAYLOAD_TYPE_UNKNOWN"
    PAYLOAD_INVALID = "PAYLOAD_INVALID"
    SCHEMA_VERSION_UNSUPPORTED = "SCHEMA_VERSION_UNSUPPORTED"
    IDENTIFIER_INVALID = "IDENTIFIER_INVALID"
    SERIAL_RANGE_INVALID = "SERIAL_RANGE_INVALID"
    QUANTITY_INVALID = "QUANTITY_INVALID"
    NETWORK_MISMATCH = "NETWORK_MISMATCH"
    RECIPIENT_MISMATCH = "RECIPIENT_MISMATCH"
    SENDER_MISMATCH = "SENDER_MISMATCH"
    CLOCK_SKEW = "CLOCK_SKEW"
    MESSAGE_EXPIRED = "MESSAGE_EXPIRED"
    EXPIRY_TOO_FAR = "EXPIRY_TOO_FAR"
    SIGNATURE_MISSING = "SIGNATURE_MISSING"
    SIGNATURE_TOO_MANY = "SIGNATURE_TOO_MANY"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    KEY_NOT_VALID_NOW = "KEY_NOT_VALID_NOW"
    KEY_REVOKED = "KEY_REVOKED"
    KEY_WRONG_PURPOSE = "KEY_WRONG_PURPOSE"
    KEY_REFUSED = "KEY_REFUSED"
    MESSAGE_ID_REUSED = "MESSAGE_ID_REUSED"
    SEQUENCE_GAP = "SEQUENCE_GAP"
    SEQUENCE_USED = "SEQUENCE_USED"
    PREVIOUS_HASH_MISMATCH = "PREVIOUS_HASH_MISMATCH"
    NODE_UNKNOWN = "NODE_UNKNOWN"
    NODE_NOT_ADMITTED = "NODE_NOT_ADMITTED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    TRANSACTION_UNKNOWN = "TRANSACTION_UNKNOWN"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    BATCH_TOO_LARGE = "BATCH_TOO_LARGE"
    TOO_MANY_BLOCKS = "TOO_MANY_BLOCKS"
    CURSOR_INVALID = "CURSOR_INVALID"
    PAGE_TOKEN_INVALID = "PAGE_TOKEN_INVALID"  # noqa: S105 - a reason's name, not a secret
    PAGE_SIZE_INVALID = "PAGE_SIZE_INVALID"
    SUBSCRIPTION_SUPERSEDED = "SUBSCRIPTION_SUPERSEDED"
    CREDIT_INVALID = "CREDIT_INVALID"
    DEADLINE_REQUIRED = "DEADLINE_REQUIRED"
    RATE_LIMITED = "RATE_LIMITED"
    OVERLOADED = "OVERLOADED"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    CLOCK_NOT_SETTABLE = "CLOCK_NOT_SETTABLE"
    NOT_A_TEST_NETWORK = "NOT_A_TEST_NETWORK"
    INSUFFICIENT_HOLDINGS = "INSUFFICIENT_HOLDINGS"
    TRANSACTION_NOT_WAITING = "TRANSACTION_NOT_WAITING"
    BROKER_UNREACHABLE = "BROKER_UNREACHABLE"
    CONFIGURATION_INVALID = "CONFIGURATION_INVALID"
    LEDGER_AUDIT_FAILED = "LEDGER_AUDIT_FAILED"
    INTERNAL = "INTERNAL"
    AEF_FILE_UNREADABLE = "AEF_FILE_UNREADABLE"
    NOMENCLATURE_UNKNOWN = "NOMENCLATURE_UNKNOWN"
    AUTH_CHANGE_NOT_PERMITTED = "AUTH_CHANGE_NOT_PERMITTED"
    AUTH_DIFFERENCE_WRONG = "AUTH_DIFFERENCE_WRONG"
    MESSAGE_LATE = "MESSAGE_LATE"
    CLOCK_UNTRUSTED = "CLOCK_UNTRUSTED"
    KEY_IN_USE = "KEY_IN_USE"
    BROKER_FAULT = "BROKER_FAULT"
    QUESTION_TOO_DEAR = "QUESTION_TOO_DEAR"
    PROGRAM_NOT_RUNNING = "PROGRAM_NOT_RUNNING"
    WITHDRAWN_UNSENT = "WITHDRAWN_UNSENT"
    RECORD_DIFFERS = "RECORD_DIFFERS"
    RULEBOOK_UNKNOWN = "RULEBOOK_UNKNOWN"
    SEF_FILE_UNREADABLE = "SEF_FILE_UNREADABLE"
    RECONCILIATION_OUT_OF_TURN = "RECONCILIATION_OUT_OF_TURN"
    SNAPSHOT_MISMATCH = "SNAPSHOT_MISMATCH"
    CALL_NOT_OFFERED = "CALL_NOT_OFFERED"
    DATABASE_UNREACHABLE = "DATABASE_UNREACHABLE"
    OLDER_PROGRAM_RUNS = "OLDER_PROGRAM_RUNS"
    RULEBOOK_OUTDATED = "RULEBOOK_OUTDATED"
    PAYLOAD_ARCHIVED = "PAYLOAD_ARCHIVED"
    NODE_LIMIT_REACHED = "NODE_LIMIT_REACHED"
    DISK_REFUSED = "DISK_REFUSED"


@dataclass(frozen=True, slots=True)
class ReasonEntry:
    """One row of the catalogue.

    Attributes:
        reason: The reason described.
        grpc_code: Name of the gRPC status code that carries it.
        family: What kind of failure it is.
        again: Whether the unchanged request may succeed later, and what comes first.
        cause: What happened, for a person.
        remedy: What the caller should do, for a person.
        metadata: Names of the details that always accompany it on the wire.
        sometimes: Names of those that accompany it where they are known.
    """

    reason: Reason
    grpc_code: str
    family: Family
    again: Again
    cause: str
    remedy: str
    metadata: tuple[str, ...]
    sometimes: tuple[str, ...]

    @property
    def retryable(self) -> bool:
        """Whether the unchanged request may succeed later, whatever comes first."""
        return self.again is not Again.NEVER


# reason | gRPC code | family | cause | remedy | metadata. A text table keeps one reason on one line,
# which is how people compare rows; a row that does not parse stops the import. A name of metadata with
# a question mark is given where it is known.
_TABLE: Final = """
MESSAGE_TOO_LARGE | INVALID_ARGUMENT | REFUSED | The message is larger than the protocol allows. | Send fewer items in one message. | found limit
MESSAGE_UNDECODABLE | INVALID_ARGUMENT | REFUSED | The bytes are not a message of the stated type. | Correct the encoder of the sender. | where kind?
MESSAGE_UNKNOWN_FIELDS | INVALID_ARGUMENT | REFUSED | The message holds fields that this schema version does not define. | Send the fields of the stated schema version only. | where kind?
PAYLOAD_TYPE_UNKNOWN | INVALID_ARGUMENT | REFUSED | The payload type is not one this service accepts here. | Use a payload type of the protocol document, on the call meant for it. | found
PAYLOAD_INVALID | INVALID_ARGUMENT | REFUSED | A field of the payload is missing or holds a value that is not allowed. | Correct the named field and sign again. | where found? expected? file?
SCHEMA_VERSION_UNSUPPORTED | INVALID_ARGUMENT | REFUSED | The payload was written for a schema version not supported here. | Use a supported version. | found supported
IDENTIFIER_INVALID | INVALID_ARGUMENT | REFUSED | An identifier does not have the form laid down for it. | Correct the named field; identifiers are never normalised. | where found expected
SERIAL_RANGE_INVALID | INVALID_ARGUMENT | REFUSED | A serial range is empty, reversed or outside the permitted numbers. | Correct first and last serial number. | where found? first? last?
QUANTITY_INVALID | INVALID_ARGUMENT | REFUSED | A quantity is not a whole number of tonnes within the permitted bounds. | Correct the quantity. | where found?
NETWORK_MISMATCH | FAILED_PRECONDITION | REFUSED | The message was made for another network. | Check that test and production settings are not mixed. | found expected
RECIPIENT_MISMATCH | INVALID_ARGUMENT | REFUSED | The message is addressed to another node. | Send it to the node it names. | found expected
SENDER_MISMATCH | PERMISSION_DENIED | REFUSED | Connection, signature and header do not name the same sender. | Sign and connect with keys of the node named in the header. | found expected
CLOCK_SKEW | FAILED_PRECONDITION | REFUSED | The creation time is too far from the clock of the receiver. | Set the clock of the sender, then sign the message anew. | found now skew_ms tolerance_ms
MESSAGE_EXPIRED | FAILED_PRECONDITION | REFUSED | The message arrived at or after its expiry time. | Decide anew and sign a new message. | expires_at now
EXPIRY_TOO_FAR | INVALID_ARGUMENT | REFUSED | The expiry time is not after creation or lies too far ahead. | Choose an expiry within the permitted lifetime. | found limit
SIGNATURE_MISSING | UNAUTHENTICATED | REFUSED | The envelope carries no signature. | Sign the payload. | where
SIGNATURE_TOO_MANY | INVALID_ARGUMENT | REFUSED | The envelope carries more signatures than allowed. | Send only the signatures required. | found limit
SIGNATURE_INVALID | UNAUTHENTICATED | REFUSED | The signature does not fit payload, payload type and key. | Sign the exact bytes that are sent, with the key named. | keyid
KEY_UNKNOWN | UNAUTHENTICATED | REFUSED | No registered key has this key id. | Register the key or use a registered one. | keyid
KEY_NOT_VALID_NOW | UNAUTHENTICATED | REFUSED | The key is outside its validity window. | Use a key that is valid now. | keyid not_before not_after now
KEY_REVOKED | UNAUTHENTICATED | REFUSED | The key has been revoked. | Use another key and find out why this one was revoked. | keyid revoked_at
KEY_WRONG_PURPOSE | PERMISSION_DENIED | REFUSED | The key was registered for another purpose. | Use the key registered for this purpose. | keyid found expected
KEY_REFUSED | INVALID_ARGUMENT | REFUSED | The public key is malformed, weak, or its possession was not proven. | Generate a fresh Ed25519 key and prove possession of it. | keyid
MESSAGE_ID_REUSED | ALREADY_EXISTS | REFUSED | The message id was used before for other bytes; both are kept as evidence. | Find the fault in the sender, then use a new message id. | message_id
SEQUENCE_GAP | FAILED_PRECONDITION | CONFLICT | The sequence number skips messages that have not arrived. | Send the missing messages first, then this one again. | found expected
SEQUENCE_USED | ALREADY_EXISTS | REFUSED | The sequence number was used before by another message. | Make sure that only one instance of the node is running. | found expected
PREVIOUS_HASH_MISMATCH | FAILED_PRECONDITION | REFUSED | The message does not name the hash of the message before it. | Compare the outbox with the messages the receiver has stored. | found expected
NODE_UNKNOWN | NOT_FOUND | REFUSED | No node of this name is registered. | Check the node id. | node
NODE_NOT_ADMITTED | PERMISSION_DENIED | REFUSED | The node is not admitted, or its admission is suspended. | Ask the operator of the clearing-house. | node
UNAUTHENTICATED | UNAUTHENTICATED | REFUSED | The connection does not prove who is calling. | Connect with the client certificate registered for the node. | -
PERMISSION_DENIED | PERMISSION_DENIED | REFUSED | The caller may not do this. | Use a node or role that may. | node?
TRANSACTION_UNKNOWN | NOT_FOUND | REFUSED | No transaction has this id, or the caller is no side of it. | Check the transaction id. | transaction_id
ILLEGAL_TRANSITION | FAILED_PRECONDITION | REFUSED | The life cycle has no such move from the present state. | Ask for the state of the transaction and go on from there. | state event? allowed?
NOT_FOUND | NOT_FOUND | REFUSED | The thing asked for does not exist, or is not visible to the caller. | Check the identifier. | where found?
ALREADY_EXISTS | ALREADY_EXISTS | REFUSED | Something else is registered under this identifier. | Choose another identifier, or read the existing entry. | where found
BATCH_TOO_LARGE | INVALID_ARGUMENT | REFUSED | The batch holds more proposals than allowed. | Split the batch. | found limit
TOO_MANY_BLOCKS | INVALID_ARGUMENT | REFUSED | The message holds more unit blocks than allowed, or its units lie in more stored pieces. | Merge adjacent blocks, or send it in several messages. | limit found?
CURSOR_INVALID | INVALID_ARGUMENT | REFUSED | The cursor lies before the last acknowledgement, or an acknowledgement beyond the mailbox. | Fetch what comes after the last durably stored position, then subscribe. | found last_sequence acknowledged_sequence?
PAGE_TOKEN_INVALID | INVALID_ARGUMENT | REFUSED | The page token was not given out for this query. | Start again from the first page. | -
PAGE_SIZE_INVALID | INVALID_ARGUMENT | REFUSED | The page size is negative or too large. | Ask for a size within the limit. | found limit
SUBSCRIPTION_SUPERSEDED | ABORTED | REFUSED | A newer subscription of the same node took over. | Make sure that only one instance of the node subscribes. | node
CREDIT_INVALID | INVALID_ARGUMENT | REFUSED | The credit granted is not positive or exceeds the limit. | Grant credit within the limit. | found limit
DEADLINE_REQUIRED | INVALID_ARGUMENT | REFUSED | The call has no deadline, or one that is too long. | Set a deadline of at most a minute on every call. | -
RATE_LIMITED | RESOURCE_EXHAUSTED | UNAVAILABLE | The node sends faster than its share. | Wait as long as the answer says, then send again. | -
OVERLOADED | RESOURCE_EXHAUSTED | UNAVAILABLE | The service has more work queued than it takes on, of this node or of all. | Wait as long as the answer says, then send again, with growing pauses. | -
SHUTTING_DOWN | UNAVAILABLE | UNAVAILABLE | The service is stopping. | Connect again and send the same bytes. | -
CLOCK_NOT_SETTABLE | FAILED_PRECONDITION | REFUSED | The clock cannot be set to this time. | On a test network, set it forward only. | now found?
NOT_A_TEST_NETWORK | FAILED_PRECONDITION | REFUSED | The call exists on test networks only. | Use a test network. | network?
INSUFFICIENT_HOLDINGS | FAILED_PRECONDITION | REFUSED | The account does not hold enough free units for this. | Choose other units or a smaller quantity. | requested account?
TRANSACTION_NOT_WAITING | FAILED_PRECONDITION | REFUSED | The transaction is not waiting for this decision. | Ask for the state of the transaction. | transaction_id state
BROKER_UNREACHABLE | UNAVAILABLE | UNAVAILABLE | The clearing-house cannot be reached, or it has not answered in time; a message is kept in the outbox. | Nothing needs to be done for a message, it is sent when the connection returns; ask a question again. | socket? proxy?
CONFIGURATION_INVALID | FAILED_PRECONDITION | REFUSED | A setting is missing or wrong. | Correct the named setting and start again. | setting? found? expected? source? file?
LEDGER_AUDIT_FAILED | DATA_LOSS | BUG | The stored ledger contradicts itself or the log; nothing is served. | Call the operator; do not restart before the cause is known. | found?
INTERNAL | INTERNAL | BUG | The service has a fault of its own. | Report it with the request id; ask for the outcome by transaction id. | request_id?
AEF_FILE_UNREADABLE | INVALID_ARGUMENT | REFUSED | A file given as an agreed electronic format cannot be opened safely. | Save it as a plain .xlsx workbook within the limits, or as JSON. | file found limit?
NOMENCLATURE_UNKNOWN | INVALID_ARGUMENT | REFUSED | A value of a pick-list stands in no common nomenclature. | Take the nearest value, which the message names, or another of the list. | where found nearest
AUTH_CHANGE_NOT_PERMITTED | FAILED_PRECONDITION | REFUSED | A later version of an authorization changes an element that the earlier one does not let it change. | Leave the element as it was; permitted changes are fixed beforehand. | -
AUTH_DIFFERENCE_WRONG | FAILED_PRECONDITION | REFUSED | A later version of an authorization does not state what it changes, or states it wrongly. | State the difference, and exactly the elements that differ. | -
MESSAGE_LATE | UNAVAILABLE | UNAVAILABLE | The call began, but its message did not come in time. | Send the same again; look at the line when it happens often. | -
CLOCK_UNTRUSTED | UNAVAILABLE | UNAVAILABLE | The clock of the service has jumped; it decides nothing until its time is certain. | Send the same bytes again later; the operator has to look at the clock. | found expected
KEY_IN_USE | FAILED_PRECONDITION | REFUSED | The key is the one that its owner signs with, or the last one. | Change over to another key first (`broker key rotate`, `registry-node key rotate`); then revoke this one. | keyid
BROKER_FAULT | INTERNAL | BUG | The clearing-house made an error of its own in judging the message; it has no effect. | Tell the operator of the clearing-house; if it was recorded, say what was meant in a new message. | message_id
QUESTION_TOO_DEAR | INVALID_ARGUMENT | REFUSED | The answer takes more of the clearing-house's time than one question may. | Ask for less: one registry, Party, year or approach; or ask the operator for the report. | limit
PROGRAM_NOT_RUNNING | UNAVAILABLE | UNAVAILABLE | The program that a command asks does not run on this machine. | Start it, or name its directory with --dir. | socket
WITHDRAWN_UNSENT | FAILED_PRECONDITION | REFUSED | The message was taken back before it was sent; the clearing-house never had it. | Nothing needs to be done; what it had reserved is free again. | -
RECORD_DIFFERS | FAILED_PRECONDITION | CONFLICT | The record of the clearing-house does not hold what the node was told of it. | Apply and send nothing; ask the operator whether an older copy was put in place (see chapter 14 of protocol.md). | found last_sequence
RULEBOOK_UNKNOWN | INVALID_ARGUMENT | REFUSED | The message names a rulebook that is not in force here. | Name one of those that GetNetwork lists, or leave it out for paris. | where found supported
SEF_FILE_UNREADABLE | INVALID_ARGUMENT | REFUSED | A file given as a standard electronic format cannot be opened safely. | Save it as a plain .xlsx workbook within the limits, or as XML. | file found limit?
RECONCILIATION_OUT_OF_TURN | FAILED_PRECONDITION | REFUSED | The reconciliation has ended, or something else is to be stated next. | State what the last receipt asks for, or begin another reconciliation. | where found expected
SNAPSHOT_MISMATCH | FAILED_PRECONDITION | REFUSED | The books are stated as of another place in the log than the last receipt of their reconciliation. | State them as of that receipt, or begin another reconciliation. | where found expected
CALL_NOT_OFFERED | UNIMPLEMENTED | REFUSED | The other side does not offer this call: it is of a rulebook that is not in force there, or of another version of the program. | See with `registry-node checks list` which rulebooks are in force; ask the operator for the version. | -
DATABASE_UNREACHABLE | UNAVAILABLE | UNAVAILABLE | The service cannot reach its database; nothing was decided. | Send the same bytes again later; the operator has to look at the database when it lasts. | -
OLDER_PROGRAM_RUNS | FAILED_PRECONDITION | CONFLICT | A program runs, or did a minute ago, that uses what is to be taken away from the tables. | Replace each one by the newer version, or stop it; a minute after the last one was there, say it again. | found expected
RULEBOOK_OUTDATED | UNAVAILABLE | UNAVAILABLE | A later catalogue of a rulebook is in force than this service knows; it decides nothing. | Send the same bytes again: another process may know it; the operator has to replace this one by the newer version. | found
PAYLOAD_ARCHIVED | UNAVAILABLE | UNAVAILABLE | The signed bytes of an old message lie in an archive file that is not at hand; its hash and its place in the log are. | Ask the operator to put the file back, or to say where it is with `broker archive --folder`; then ask again. | file digest log_index
NODE_LIMIT_REACHED | FAILED_PRECONDITION | REFUSED | The node has made as many of these as one node may. | Go on with those that there are; ask the operator of the clearing-house where that does not do. | limit?
DISK_REFUSED | UNAVAILABLE | UNAVAILABLE | The disk of the program has no room, or fails; nothing half done was kept. | Make room or look at the disk, then try again. | -
"""
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./:_-]{0,62}[A-Za-z0-9])?", re.ASCII)
_PRINTED_BITS: Final = 128
_AGAIN: Final = MappingProxyType(
    {
        Family.REFUSED: Again.NEVER,
        Family.CONFLICT: Again.MENDED,
        Family.UNAVAILABLE: Again.LATER,
        Family.BUG: Again.NEVER,
    }
)
_BY_SOMEBODY: Final = frozenset(
    {Reason.PROGRAM_NOT_RUNNING, Reason.PAYLOAD_ARCHIVED, Reason.DISK_REFUSED}
)
"""Nothing is wrong with the request, and no waiting alone makes it succeed."""


def _entry(row: str) -> ReasonEntry:
    name, code, family_name, cause, remedy, metadata = (cell.strip() for cell in row.split(" | "))
    family = Family(family_name)
    names = [] if metadata == "-" else metadata.split()
    reason = Reason(name)
    return ReasonEntry(
        reason=reason,
        grpc_code=code,
        family=family,
        again=Again.MENDED if reason in _BY_SOMEBODY else _AGAIN[family],
        cause=cause,
        remedy=remedy,
        metadata=tuple(name for name in names if not name.endswith("?")),
        sometimes=tuple(name[:-1] for name in names if name.endswith("?")),
    )


CATALOGUE: Final[Mapping[Reason, ReasonEntry]] = MappingProxyType(
    {entry.reason: entry for entry in map(_entry, _TABLE.strip().splitlines())}
)


def shown(value: object, longest: int = 80) -> str:
    """Returns what was found as short ASCII text, fit for a message, a log and a terminal."""
    # A hostile integer can have thousands of digits; Python refuses to print those at all.
    if isinstance(value, int) and value.bit_length() > _PRINTED_BITS:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, str) and len(value) > longest:
        return ascii(value[:longest]) + "..."
    return ascii(value)


def named(text: object) -> str:
    """Returns an identifier as written where it is plain ASCII; quoted and escaped where it is not."""
    if isinstance(text, str) and _NAME.fullmatch(text):
        return str(text)
    return shown(text, 64)


def plain(value: object, longest: int = 80) -> str:
    r"""Returns what was found as a detail of an error: printable ASCII, without quotes.

    Other characters are written as in JSON (`\u200b`), a backslash twice, so that programs in any
    language read the same. What is longer is cut and ends in three dots.
    """
    if not isinstance(value, str):
        return shown(value, longest)
    text = json.dumps(value[:longest])[1:-1].replace('\\"', '"').replace("\x7f", "\\u007f")
    return text + "..." if len(value) > longest else text


def retryable(reason: Reason) -> bool:
    """Says whether the unchanged request may succeed later."""
    return CATALOGUE[reason].retryable


class ProtocolError(Exception):
    """A refusal with a catalogued reason.

    Attributes:
        reason: The catalogued reason.
        message: One sentence: what is wrong, where, and what to do.
        metadata: Details for programs; values are text.
    """

    reason: Reason
    message: str
    metadata: Mapping[str, str]

    def __init__(self, reason: Reason, message: str, /, **metadata: str | int) -> None:
        # Both go into args, so that the exception survives a process boundary (pickle).
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.metadata = {name: str(value) for name, value in metadata.items()}

    def __str__(self) -> str:
        return self.message

    @property
    def retryable(self) -> bool:
        """Whether the unchanged request may succeed later."""
        return retryable(self.reason)
