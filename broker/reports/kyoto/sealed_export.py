# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry leaves behind when it closes: plain files that verify without any program of ours.

Units, trail and reports are tables for people; what proves them are the signed messages and the leaves of
the log, from which anybody computes its root (RFC 6962).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from broker.log.merkle import root
from broker.reports.kyoto.attestation import envelope_out
from broker.reports.kyoto.sealed_closing import CLOSING, closing_file
from broker.reports.kyoto.sealed_tables import (
    NOTICES,
    TRAIL,
    TRAIL_COLUMNS,
    UNITS,
    lying_units,
    past_rows,
    table,
)
from broker.reports.log_position import log_position
from broker.store import messages
from broker.store.archived import whole
from itmo.clock import from_ms
from itmo.payloads import PayloadKind
from itmo.runtime.db.connection import Connection
from sef.archive_reading import COLUMNS as UNIT_COLUMNS
from sef.archive_trail_reading import NOTICE_COLUMNS

SUMS: Final = "SHA256SUMS"
README: Final = "README.txt"
LEAVES: Final = "leaves.txt"
DECISIONS: Final = "decisions.jsonl"
KEYS: Final = "keys.json"
LOG: Final = "log.json"
_LEAVES: Final = "SELECT leaf_hash FROM log_leaf ORDER BY log_index"
_DECISIONS: Final = (
    "SELECT l.log_index, l.decided_at, m.kind, m.payload, m.keyids, m.signatures, m.payload_hash"
    " FROM log_leaf l"
    " LEFT JOIN message m ON m.message_id = l.message_id"
    " WHERE l.log_index >= :since AND (m.kind = 'kyoto-statement' OR m.sender_node ="
    " (SELECT node FROM registry WHERE registry = :registry)"
    " OR l.log_index IN (SELECT e.log_index FROM transaction_event e JOIN transaction_record t"
    " ON t.transaction_id = e.transaction_id"
    " WHERE t.from_registry = :registry OR t.to_registry = :registry)) ORDER BY l.log_index"
)
_STATEMENTS: Final = (
    "SELECT s.kind, s.payload, g.keyid, g.signature, s.payload_hash FROM statement s"
    " LEFT JOIN statement_signature g ON g.statement_id = s.statement_id"
    " WHERE s.log_index = ? ORDER BY s.sequence"
)
_OF_PARTY: Final = (
    "SELECT registry FROM registry WHERE party = (SELECT party FROM registry WHERE registry = ?)"
)
_KEYS: Final = "SELECT keyid, node, public_key FROM key ORDER BY keyid"
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive: the same record gives the same bytes."""
_TEXT: Final = """\
SEALED EXPORT OF REGISTRY {registry}

Network {network}, {size} decisions, the last one of {decided_at}.
Root of the log: {root}

WHAT IS IN IT
blocks.csv       Every unit, and the account in which it lies or was ended.
trail.csv        Everything that happened to these units, in the order of the log: what they were after it.
                 First what an archive told, if the registry brought one in whole: its rows stand in signed
                 statements of the log, and were judged elsewhere.
notices.csv      Notices of the log to the registry.
sef/             Reports in the standard electronic format, from the same record.
decisions.jsonl  The signed messages, one decision in each line: what was asked, and what was decided.
keys.json        Public keys (Ed25519, hexadecimal) of everybody who signed, by key id.
leaves.txt       One SHA-256 in each line for every decision of the log, those of others too.
log.json         Network, size and root of the log.
SHA256SUMS       SHA-256 of every other file, but of closing.json.
closing.json     The signed statement by which the registry was closed, and its receipt: it names the seal,
                 and so lies in the log behind this export. With it the leaves from there on.

HOW TO VERIFY IT WITH ORDINARY TOOLS
1. Files: "sha256sum -c SHA256SUMS". The SHA-256 of SHA256SUMS itself is the seal of this export: compare
   it with that of closing.json, and with what was published, filed or printed when the registry closed.
2. Root: take the lines of leaves.txt as bytes and build the tree of RFC 6962, section 2.1. Every line is
   already the hash of a leaf; two neighbours make SHA-256(0x01 + left + right). Compare with log.json,
   and with a root that you know from elsewhere, such as that of a receipt of another registry.
3. Decisions: for each line of decisions.jsonl the leaf is SHA-256(0x00 + hash of the message's payload
   + hashes of the payloads of all statements, in their order); without a message 32 zero bytes stand in
   its place. It is line log_index + 1 of leaves.txt. Payloads are base64.
4. Signatures: Ed25519 (RFC 8032) over "DSSEv1 LEN(type) type LEN(payload) payload", where the parts are
   separated by single spaces and lengths are decimal numbers of bytes. A statement that nobody fetched
   may have no signature; step 3 proves it.
5. Closing: it is a decision like those of step 3; its leaf is the last one of closing.json, and the leaves
   of the export with those of closing.json make the root of the log with it.
6. Tables: what a verdict says units are, and a receipt what they became, played from the first decision
   on, gives trail.csv and blocks.csv, and from these follow the reports.
7. Payloads are Protocol Buffers; the schema is published with the protocol.

With a copy of the program: broker kyoto verify-export FILE --seal SEAL --root ROOT
"""


def sealed_export(
    connection: Connection, registry: str, reports: Mapping[str, bytes], today: date = date.max
) -> tuple[bytes, str]:
    """The export, a zip archive, and its seal; the caller holds a snapshot.

    Args:
        connection: The database.
        registry: The registry that closes.
        reports: Its reports by name.
        today: When these were made: units whose last day is before it had expired.
    """
    trail, notices = past_rows(connection, registry)
    leaves = [leaf for (leaf,) in connection.execute(_LEAVES)]
    place = log_position(connection)
    log = {
        "network": place.network,
        "registry": registry,
        "reports_as_of": today.isoformat(),
        "reports_of": sorted(each for (each,) in connection.execute(_OF_PARTY, (registry,))),
        "root": root(leaves).hex(),
        "size": len(leaves),
    }
    files = {
        UNITS: table(UNIT_COLUMNS, lying_units(connection, registry)),
        TRAIL: table(TRAIL_COLUMNS, trail),
        NOTICES: table(NOTICE_COLUMNS, notices),
        DECISIONS: b"".join(_line(each) for each in _decisions(connection, registry)),
        KEYS: _json({key: [node, raw.hex()] for key, node, raw in connection.execute(_KEYS)}),
        LEAVES: b"".join(f"{leaf.hex()}\n".encode() for leaf in leaves),
        LOG: _json(log),
        README: _TEXT.format(decided_at=place.decided_at, **log).encode(),
        **{f"sef/{name}": content for name, content in reports.items()},
    }
    sums = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(files.items())
    ).encode()
    return _zipped(files | {SUMS: sums}), hashlib.sha256(sums).hexdigest()


def with_closing(
    connection: Connection, export: bytes, registry: str, size: int, log_index: int
) -> bytes:
    """The export with the signed closing beside its sealed files.

    Args:
        connection: The database.
        export: The export.
        registry: The registry that closes.
        size: Decisions in the log when the export was made.
        log_index: Place of the decision on the closing.
    """
    (decision,) = (
        each for each in _decisions(connection, registry, size) if each["log_index"] == log_index
    )
    with zipfile.ZipFile(io.BytesIO(export)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return _zipped(files | {CLOSING: closing_file(connection, decision, size, log_index)})


def _zipped(files: Mapping[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), content, zipfile.ZIP_DEFLATED)
    return into.getvalue()


def _decisions(
    connection: Connection, registry: str, since: int = 0
) -> Iterator[dict[str, object]]:
    names = {"registry": registry, "since": since}
    rows = connection.execute(_DECISIONS, names).fetchall()
    for index, decided_at, kind, *said in rows:
        message = messages.signed(connection, (kind, *said, index)) if kind else None
        yield {
            "log_index": index,
            "decided_at": from_ms(decided_at).isoformat(),
            "message": envelope_out(message) if message else None,
            "statements": [
                {
                    "type": PayloadKind(what).label,
                    "payload": base64.b64encode(whole(connection, stored, hashed, index)).decode(),
                    "signatures": [[keyid, base64.b64encode(signature).decode()]] if keyid else [],
                }
                for what, stored, keyid, signature, hashed in connection.execute(
                    _STATEMENTS, (index,)
                )
            ],
        }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def _line(value: object) -> bytes:
    return (json.dumps(value, separators=(",", ":"), sort_keys=True) + "\n").encode()
