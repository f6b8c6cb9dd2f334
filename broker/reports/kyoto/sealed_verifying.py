# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Verifies the sealed export of a registry with nothing but the file."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from broker.log.merkle import NO_MESSAGE, leaf_data, leaf_hash, root
from broker.reports.kyoto.attestation import envelope_in
from broker.reports.kyoto.sealed_closing import CLOSING, Closed, closing_in
from broker.reports.kyoto.sealed_export import DECISIONS, KEYS, LEAVES, LOG, SUMS
from broker.reports.kyoto.sealed_replaying import table_problems
from itmo import limits
from itmo.ed25519 import key_id, verify
from itmo.envelope import Envelope, pae
from itmo.reasons import ProtocolError, Reason

MAX_EXPORT: Final = 4096 * limits.KIB * limits.KIB
"""4 GiB, packed or not: a registry with all its messages has less, and more is no export."""
_MAX_FILES: Final = 1_000
_DAMAGE: Final = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What an export says of itself.

    Attributes:
        seal: SHA-256 of its list of files.
        root: Of the log, as the leaves make it.
        keys: By which its messages and statements are signed.
        decisions: How many it proves.
        closed: The closing in the log that names the seal; None where it is not in the file.
        problems: Everything that does not fit.
    """

    seal: str
    network: str
    size: int
    root: str
    keys: frozenset[str]
    decisions: int
    closed: Closed | None
    problems: tuple[str, ...]


def sealed_in(file: bytes) -> Sealed:
    """What an export proves, and what does not fit.

    Raises:
        ProtocolError: PAYLOAD_INVALID, when it is no export at all.
    """
    try:
        files = _files(file)
        leaves = [bytes.fromhex(line) for line in files[LEAVES].decode("ascii").splitlines()]
        log = json.loads(files[LOG])
        keys = {str(key): bytes.fromhex(raw) for key, (_, raw) in json.loads(files[KEYS]).items()}
        decisions = [json.loads(line) for line in files[DECISIONS].splitlines()]
        seal = hashlib.sha256(files[SUMS]).hexdigest()
        network, size, stated = str(log["network"]), int(log["size"]), str(log["root"])
        listed = files[SUMS].decode("utf-8")
    except (zipfile.BadZipFile, RuntimeError, OSError, *_DAMAGE) as error:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"the file is no sealed export: {error}", where="file"
        ) from error
    made = root(leaves).hex()
    used: set[str] = set()
    problems = [*_sums(listed, files)]
    if (made, len(leaves)) != (stated, size):
        problems.append(
            f"the leaves make root {made} of {len(leaves)} decisions; the export states {stated} of {size}"
        )
    readable = True
    for number, said in enumerate(decisions, 1):
        try:
            problems += _decision(said, leaves, keys, used)
        except _DAMAGE as error:
            readable = False
            problems.append(f"{DECISIONS}, line {number}: cannot be read: {error}")
    closed = None
    try:
        if readable:
            problems += table_problems(files, decisions, log)
        if CLOSING in files:
            closed, wrong, decision = closing_in(files[CLOSING], log, seal, leaves)
            problems += wrong
            message = envelope_in(decision["message"])
            for envelope in (message, *map(envelope_in, decision["statements"])):
                problems += _signatures(envelope, closed.log_index, keys, used)
            if not message.signatures:
                problems.append("the closing has no signature")
    except (ProtocolError, *_DAMAGE) as error:
        problems.append(f"tables or closing cannot be read: {error}")
    return Sealed(
        seal=seal,
        network=network,
        size=len(leaves),
        root=made,
        keys=frozenset(used),
        decisions=len(decisions),
        closed=closed,
        problems=tuple(problems),
    )


def _files(file: bytes) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        found = archive.infolist()
        if len(found) > _MAX_FILES or sum(each.file_size for each in found) > MAX_EXPORT:
            raise ValueError("it has more files, or larger ones, than an export has")
        if len({each.filename for each in found}) != len(found):
            raise ValueError("it has two files of one name")
        return {each.filename: archive.read(each) for each in found}


def _sums(listed: str, files: Mapping[str, bytes]) -> Iterator[str]:
    sums = {
        name: digest for digest, _, name in (line.partition("  ") for line in listed.splitlines())
    }
    for name in sorted(sums.keys() | files.keys() - {SUMS, CLOSING}):
        if name not in sums:
            yield f"{name} is not listed in {SUMS}"
        elif name not in files:
            yield f"{name} is missing"
        elif hashlib.sha256(files[name]).hexdigest() != sums[name]:
            yield f"{name} is not the file that {SUMS} lists"


def _decision(
    said: Any,  # noqa: ANN401  # of JSON, which may be anything
    leaves: list[bytes],
    keys: Mapping[str, bytes],
    used: set[str],
) -> Iterator[str]:
    index = int(said["log_index"])
    message = envelope_in(said["message"]) if said["message"] else None
    statements = [envelope_in(each) for each in said["statements"]]
    asked = hashlib.sha256(message.payload).digest() if message else NO_MESSAGE
    told = [hashlib.sha256(each.payload).digest() for each in statements]
    if not 0 <= index < len(leaves) or leaf_hash(leaf_data(asked, told)) != leaves[index]:
        yield f"decision {index} is not in the log whose leaves are given"
    if message and not message.signatures:
        yield f"the message of decision {index} has no signature"
    for envelope in (*([message] if message else []), *statements):
        yield from _signatures(envelope, index, keys, used)


def _signatures(
    envelope: Envelope, index: int, keys: Mapping[str, bytes], used: set[str]
) -> Iterator[str]:
    for each in envelope.signatures:
        public = keys.get(each.keyid, b"")
        signed = pae(envelope.payload_type, envelope.payload)
        if key_id(public) != each.keyid or not verify(public, signed, each.sig):
            yield f"a signature in decision {index} does not fit key {each.keyid[:16]}"
        used.add(each.keyid)
