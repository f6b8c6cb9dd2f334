# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the generated parts of docs/protocol.md anew: `python proto/generate_docs.py [--check]`.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end: NAME -->`. Everything else
in the page is written by hand. A test compares the page with a fresh generation.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.envelope import Envelope, pae, seal
from itmo.errors.v1 import reasons_pb2
from itmo.identifiers import (
    MessageId,
    NetworkId,
    NodeId,
    RegistryId,
    account_check_digits_valid,
    make_account_id,
)
from itmo.keys import MemorySigner
from itmo.lifecycle import ACTOR_OF, FINAL, HOLDS_LOCK, MOVES, Move, State
from itmo.payloads import MESSAGE_OF, Header, PayloadKind, to_proto, write_header
from itmo.reasons import CATALOGUE
from itmo.runtime.rpc import client, connections, limiting, patience, server

ROOT: Final = Path(__file__).parent
PAGE: Final = ROOT / "docs" / "protocol.md"
SERVICES: Final = (
    "transaction",
    "delivery",
    "directory",
    "authorization",
    "adjustment",
    "meta_registry",
    "aef",
    "rulebook",
)
"""Files of the services that the broker offers to nodes, in the order of the page."""

_PART: Final = re.compile(
    r"<!-- generated: (?P<name>[a-z-]+) -->\n.*?<!-- end: (?P=name) -->", re.DOTALL
)
_RPC: Final = re.compile(
    r"((?:^  //[^\n]*\n)+)^  rpc (\w+)\((stream )?\w+\)\s+returns \((stream )?", re.MULTILINE
)
_SERVICE: Final = re.compile(r"^service (\w+)", re.MULTILINE)
_HEX_COLUMNS: Final = 64
_EXAMPLE_SEED: Final = bytes(range(32))
_EXAMPLE_TIME: Final = datetime(2024, 1, 1, tzinfo=UTC)
_SECONDS: Final = MappingProxyType({"hour": 3600, "minute": 60, "second": 1})

# Signed by | key purpose | handed in by | answered with
_USE_OF: Final[Mapping[PayloadKind, str]] = MappingProxyType(
    {
        PayloadKind.PROPOSAL: "node of `from_registry` | SIGN_MESSAGE | Submit | verdict, receipt",
        PayloadKind.PROPOSAL_BATCH: (
            "node of `from_registry` | SIGN_MESSAGE | SubmitBatch | verdict, receipts"
        ),
        PayloadKind.ACCEPTANCE: "receiver | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.REJECTION: "receiver | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.COMPLETION: "proposer | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.WITHDRAWAL: "proposer | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.VERDICT: "broker | SIGN_RECEIPT | - | -",
        PayloadKind.RECEIPT: "broker | SIGN_RECEIPT | - | -",
        PayloadKind.AUTHORIZATION_STATEMENT: (
            "node designated by the Party | SIGN_MESSAGE | Submit | receipt"
        ),
        PayloadKind.ACCOUNT_STATEMENT: "node of the registry | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.KEY_STATEMENT: (
            "the key's node, or the operator | SIGN_MESSAGE or OPERATE | Submit, or the operator's"
            " socket | receipt"
        ),
        PayloadKind.JOIN_REQUEST: "the key to be admitted | - | by hand, as a file | -",
        PayloadKind.NODE_STATEMENT: "operator | OPERATE | the operator's socket | receipt",
        PayloadKind.REGISTRY_STATEMENT: "operator | OPERATE | the operator's socket | receipt",
        PayloadKind.PARTY_STATEMENT: "operator | OPERATE | the operator's socket | receipt",
        PayloadKind.INVENTORY_STATEMENT: (
            "node designated by the Party | SIGN_MESSAGE | Submit | receipt"
        ),
        PayloadKind.COOPERATIVE_APPROACH_STATEMENT: (
            "operator | OPERATE | the operator's socket | receipt"
        ),
        PayloadKind.ACTIVITY_STATEMENT: "operator, or node of the mechanism registry"
        " | OPERATE or SIGN_MESSAGE | the operator's socket, or Submit | receipt",
        PayloadKind.REVERSAL_STATEMENT: "operator | OPERATE | the operator's socket | receipt",
        PayloadKind.SHARING_STATEMENT: "node of the registry | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.REGISTRY_REPORT: (
            "node of the registry | SIGN_MESSAGE | Submit | receipt with remarks"
        ),
        PayloadKind.UNIT_NOTICE: (
            "node designated by the Party, or of the mechanism registry | SIGN_MESSAGE | Submit |"
            " receipt with the units"
        ),
        PayloadKind.NOTICE_ACKNOWLEDGEMENT: (
            "a node that was sent the notice | SIGN_MESSAGE | Submit | receipt"
        ),
        PayloadKind.PROGRAMME_EVENT: (
            "node of the programme | SIGN_MESSAGE | Submit | receipt with the units"
        ),
        PayloadKind.ADMINISTRATOR_MESSAGE: "any node | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.MAINTENANCE_STATEMENT: "operator | OPERATE | the operator's socket | receipt",
    }
)

_SERVER: Final = (
    "MAX_RECEIVE_BYTES",
    "MAX_SEND_BYTES",
    "MAX_METADATA_BYTES",
    "MAX_STREAMS_PER_CONNECTION",
    "HANDSHAKE_MS",
    "IDLE_MS",
    "AGE_MS",
    "AGE_GRACE_MS",
    "KEEPALIVE_MS",
    "KEEPALIVE_TIMEOUT_MS",
    "MIN_PING_INTERVAL_MS",
)
_LIMITING: Final = (
    "MAX_CALLS",
    "MAX_CALLS_PER_NODE",
    "MAX_STREAMS_PER_NODE",
    "GUARANTEED_CALLS",
    "FIRST_MESSAGE_SECONDS",
    "MAX_DEADLINE_SECONDS",
)
_PATIENCE: Final = (
    "PROMPT_PER_SECOND",
    "PROMPT_BURST",
    "HELD_SECONDS",
    "RELEASED_PER_SECOND",
    "MAX_HELD",
    "ENDED_PER_SECOND",
    "ENDED_BURST",
)
_CONNECTIONS: Final = (
    "MAX_CONNECTIONS",
    "CONNECTIONS_PER_NODE",
    "FIRST_CALL_SECONDS",
)
_CLIENT: Final = (
    "KEEPALIVE_MS",
    "KEEPALIVE_TIMEOUT_MS",
    "FIRST_RECONNECT_MS",
    "MAX_RECONNECT_MS",
    "READ_DEADLINE",
    "SUBMIT_DEADLINE",
    "LONG_POLL_DEADLINE",
)


# -- tables from code -----------------------------------------------------------------------------


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _remarks(path: Path) -> dict[str, str]:
    """The comment lines above each constant of a module, joined to one text."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    found: dict[str, str] = {}
    for statement in ast.parse(source).body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        above: list[str] = []
        index = statement.lineno - 2
        while index >= 0 and lines[index].startswith("# "):
            above.insert(0, lines[index].removeprefix("# "))
            index -= 1
        found[statement.target.id] = " ".join(above)
    return found


def _shown(name: str, value: object) -> str:
    if isinstance(value, timedelta):
        return _time(value)
    if name.endswith("_MS") and isinstance(value, int):
        return _time(timedelta(milliseconds=value))
    if name.endswith(("_DEADLINE", "_SECONDS")) and isinstance(value, float):
        return _time(timedelta(seconds=value))
    if name.endswith("_BYTES") and isinstance(value, int) and value % limits.KIB == 0:
        return f"{value // limits.KIB} KiB"
    if value == limits.MAX_SEQUENCE:
        return "2^63 - 2"
    return f"{value:_}".replace("_", " ") if isinstance(value, int) else str(value)


def _time(value: timedelta) -> str:
    for unit, seconds in _SECONDS.items():
        count, rest = divmod(value, timedelta(seconds=seconds))
        if count and not rest:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{value // timedelta(milliseconds=1)} ms"


def limits_table() -> str:
    """Every limit of the protocol."""
    remarks = _remarks(ROOT / "itmo" / "limits.py")
    rows = [
        (f"`{name}`", _shown(name, getattr(limits, name)), remark)
        for name, remark in remarks.items()
        if name != "KIB"
    ]
    return _table(("limit", "value", "why"), rows)


def transport_table() -> str:
    """What both ends of a connection are set to."""
    rpc = ROOT / "itmo" / "runtime" / "rpc"
    rows: list[tuple[str, str, str, str]] = []
    for side, module, names in (
        ("broker", server, _SERVER),
        ("broker", limiting, _LIMITING),
        ("broker", patience, _PATIENCE),
        ("broker", connections, _CONNECTIONS),
        ("node", client, _CLIENT),
    ):
        remarks = _remarks(rpc / f"{module.__name__.rpartition('.')[2]}.py")
        rows.extend(
            (side, f"`{name}`", _shown(name, getattr(module, name)), remarks[name] or "as above")
            for name in names
        )
    return _table(("side", "setting", "value", "why"), rows)


def payloads_table() -> str:
    """Every kind of signed payload."""
    rows = [
        (f"`{kind.label}`", f"`{MESSAGE_OF[kind].DESCRIPTOR.name}`", *_USE_OF[kind].split(" | "))
        for kind in PayloadKind
    ]
    return _table(
        ("`payload_type`", "message", "signed by", "key purpose", "handed in by", "answered with"),
        rows,
    )


def calls_table() -> str:
    """Every call that the broker offers to nodes, with the first sentence of its comment."""
    rows = []
    for name in SERVICES:
        text = (ROOT / "itmo" / "clearing" / "v1" / f"{name}_service.proto").read_text("utf-8")
        service = _SERVICE.search(text)
        if service is None:
            raise SystemExit(f"{name}_service.proto has no service")
        for comment, rpc, upward, downward in _RPC.findall(text):
            said = " ".join(
                line.strip().removeprefix("//").strip() for line in comment.splitlines()
            )
            shape = "bidirectional stream" if upward else "stream" if downward else "unary"
            rows.append((f"`{service[1]}`", f"`{rpc}`", shape, said))
    return _table(("service", "call", "shape", "what it does"), rows)


def reasons_table() -> str:
    """The catalogue of reasons."""
    rows = [
        (
            str(reasons_pb2.Reason.Value(f"REASON_{reason}")),
            f"`{reason}`",
            entry.grpc_code,
            entry.family.value,
            "yes" if entry.retryable else "no",
            entry.cause,
            entry.remedy,
            ", ".join(f"`{name}`" for name in entry.metadata) or "-",
        )
        for reason, entry in CATALOGUE.items()
    ]
    head = ("no.", "reason", "gRPC code", "family", "retry", "cause", "remedy", "metadata")
    return _table(head, rows)


def lifecycle_table() -> str:
    """Every move of a transaction."""
    yes_or_no = {True: "yes", False: "no"}
    rows = [
        (
            move.state.value,
            move.event.value,
            move.to.value,
            ACTOR_OF[move.event].value.lower(),
            yes_or_no[move.two_party],
            yes_or_no[move.single],
        )
        for move in MOVES
    ]
    head = ("from", "event", "to", "who", "between two registries", "within one registry")
    return _table(head, rows)


def states_table() -> str:
    """Every state, with its number on the wire."""
    rows = [
        (
            state.value,
            str(decision_pb2.State.Value(f"STATE_{state}")),
            "yes" if state in FINAL else "no",
            "yes" if state in HOLDS_LOCK else "no",
        )
        for state in State
    ]
    return _table(("state", "number", "final", "units locked"), rows)


def lifecycle_diagram() -> str:
    """The moves as a diagram."""

    def arrow(move: Move) -> str:
        only = "" if move.single == move.two_party else " (two registries)"
        if move.single and not move.two_party:
            only = " (one registry)"
        return f"    {move.state} --> {move.to}: {move.event}{only}"

    ends = [f"    {state} --> [*]" for state in State if state in FINAL]
    body = ["    [*] --> PROPOSED", *map(arrow, MOVES), *ends]
    return "\n".join(["```mermaid", "stateDiagram-v2", *body, "```"])


# -- worked examples ------------------------------------------------------------------------------


def _block(text: str) -> str:
    return f"```text\n{text}\n```"


def _hex(data: bytes) -> str:
    return "\n".join(textwrap.wrap(data.hex(), _HEX_COLUMNS))


def account_example() -> str:
    """The check digits of an account id, step by step."""
    registry, number = RegistryId("CHE01"), 1
    account = make_account_id(registry, 100, number)
    body = account[4:]
    rotated = f"{body}{account[:2]}00"
    digits = "".join(str(int(character, 36)) for character in rotated)
    remainder = int(digits) % 97
    checked = "".join(str(int(character, 36)) for character in f"{body}{account[:4]}")
    if not account_check_digits_valid(account) or int(checked) % 97 != 1:
        raise SystemExit("the worked example does not check")
    return _block(
        "\n".join(
            (
                f"country            {account[:2]}",
                f"body               registry {registry}, type 100, number {number:08}",
                f"                   {body}",
                f"rotated            {rotated}            (body, country, 00)",
                f"letters as numbers {digits}",
                "                   (A = 10 ... Z = 35; C = 12, E = 14, H = 17)",
                f"remainder mod 97   {remainder}",
                f"check digits       98 - {remainder} = {98 - remainder:02}",
                f"account id         {account}",
                f"to check           {checked} mod 97 = 1   (body, country, check digits)",
            )
        )
    )


def example_envelope() -> tuple[MemorySigner, Envelope]:
    """A withdrawal, signed with the key whose seed is the bytes 0 to 31."""
    signer = MemorySigner.from_seed(_EXAMPLE_SEED)
    header = Header(
        message_id=MessageId("018cc251-f400-7000-8000-000000000001"),
        sender_node=NodeId("che-registry"),
        recipient_node="broker",
        network_id=NetworkId("itmo-test"),
        sender_sequence=1,
        previous_payload_hash=b"",
        creation_time=_EXAMPLE_TIME,
        expire_time=_EXAMPLE_TIME + timedelta(days=1),
    )
    payload = proposal_pb2.Withdrawal(
        transaction_id="018cc251-f400-7000-8000-000000000002",
        proposal_hash=hashlib.sha256(b"proposal").digest(),
        reason="typing error",
    )
    payload.header.CopyFrom(write_header(header))
    return signer, seal(PayloadKind.WITHDRAWAL.label, payload.SerializeToString(), signer)


def envelope_example() -> str:
    """An envelope, byte for byte."""
    signer, envelope = example_envelope()
    signed = pae(envelope.payload_type, envelope.payload)
    label = envelope.payload_type
    parts = (
        ("private key seed (32 bytes)", _hex(_EXAMPLE_SEED)),
        ("public key (32 bytes)", _hex(signer.public_key)),
        ("key id", signer.keyid),
        ("payload_type", label),
        (f"payload ({len(envelope.payload)} bytes)", _hex(envelope.payload)),
        ("SHA-256 of the payload", hashlib.sha256(envelope.payload).hexdigest()),
        (
            f"pre-authentication encoding ({len(signed)} bytes): this text, then the payload",
            f'"DSSEv1 {len(label)} {label} {len(envelope.payload)} "',
        ),
        ("SHA-256 of the pre-authentication encoding", hashlib.sha256(signed).hexdigest()),
        ("Ed25519 signature (64 bytes)", _hex(envelope.signatures[0].sig)),
        ("Envelope message", _hex(to_proto(envelope).SerializeToString())),
    )
    return _block("\n\n".join(f"{title}\n{value}" for title, value in parts))


PARTS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "transport": transport_table,
        "calls": calls_table,
        "account-example": account_example,
        "envelope-example": envelope_example,
        "payloads": payloads_table,
        "states": states_table,
        "lifecycle": lifecycle_table,
        "lifecycle-diagram": lifecycle_diagram,
        "limits": limits_table,
        "reasons": reasons_table,
    }
)


def generated_names(page: str) -> Iterator[str]:
    """The names of the generated parts of a page, in order."""
    return (part["name"] for part in _PART.finditer(page))


def render(page: str) -> str:
    """The page with every generated part made anew."""

    def fresh(part: re.Match[str]) -> str:
        name = part["name"]
        return f"<!-- generated: {name} -->\n{PARTS[name]()}\n<!-- end: {name} -->"

    return _PART.sub(fresh, page)


def main() -> int:
    """Writes the page, or says whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 when stale")
    page = PAGE.read_text(encoding="utf-8")
    fresh = render(page)
    if parser.parse_args().check:
        return int(fresh != page)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
