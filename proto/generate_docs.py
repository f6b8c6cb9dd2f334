# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the generated parts of two pages, and lists, anew: `python proto/generate_docs.py [--check]`.

The pages are docs/protocol.md and, of the calls of a node's own socket, deploy/docs/integrating.md. A
generated part stands between `<!-- generated: NAME -->` and `<!-- end: NAME -->`. Everything else in
the pages is written by hand. A test compares them with a fresh generation.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from broker.rulebook.paris.account_types import AccountType
from itmo import limits, nomenclature
from itmo.core.v1 import decision_pb2
from itmo.errors.v1 import reasons_pb2
from itmo.lifecycle import ACTOR_OF, FINAL, HOLDS_LOCK, MOVES, Move, State
from itmo.parties import ALPHA2
from itmo.payloads import MESSAGE_OF, PayloadKind
from itmo.reasons import CATALOGUE
from itmo.runtime.rpc import client, connections, limiting, lines, patience, server, sizes
from worked_examples import account_example, envelope_example

ROOT: Final = Path(__file__).parent
PAGE: Final = ROOT / "docs" / "protocol.md"
PAGES: Final = (PAGE, ROOT.parent / "deploy" / "docs" / "integrating.md")
SERVICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "calls": (
            "clearing/v1/transaction",
            "clearing/v1/delivery",
            "clearing/v1/directory",
            "clearing/v1/authorization",
            "clearing/v1/adjustment",
            "clearing/v1/meta_registry",
            "clearing/v1/aef",
            "clearing/v1/rulebook",
        ),
        "operator-calls": ("clearing/v1/operator",),
        "node-calls": (
            "registry/v1/operator",
            "registry/v1/job",
            "registry/v1/paris",
            "registry/v1/notice",
            "registry/v1/reconciliation",
            "registry/v1/sharing",
            "registry/v1/office",
            "registry/v1/key",
        ),
    }
)
"""Files of services by the part that lists their calls, in the order of the page."""

_PART: Final = re.compile(
    r"<!-- generated: (?P<name>[a-z-]+) -->\n.*?<!-- end: (?P=name) -->", re.DOTALL
)
_RPC: Final = re.compile(
    r"((?:^  //[^\n]*\n)+)^  rpc (\w+)\((stream )?\w+\)\s+returns \((stream )?", re.MULTILINE
)
_SERVICE: Final = re.compile(r"^service (\w+)", re.MULTILINE)
_SECONDS: Final = MappingProxyType({"hour": 3600, "minute": 60, "second": 1})

# Signed by | key purpose | handed in by | answered with
_USE_OF: Final[Mapping[PayloadKind, str]] = MappingProxyType(
    {
        PayloadKind.PROPOSAL: "node of `from_registry` | SIGN_MESSAGE | Submit | verdict, receipt",
        PayloadKind.PROPOSAL_BATCH: (
            "node of `from_registry` | SIGN_MESSAGE | SubmitBatch | verdict, receipts in one batch"
        ),
        PayloadKind.ACCEPTANCE: "receiver | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.REJECTION: "receiver | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.ACCEPTANCE_BATCH: "receiver | SIGN_MESSAGE | Submit | receipts in one batch",
        PayloadKind.REJECTION_BATCH: "receiver | SIGN_MESSAGE | Submit | receipts in one batch",
        PayloadKind.COMPLETION: "proposer | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.WITHDRAWAL: "proposer | SIGN_MESSAGE | Submit | receipt",
        PayloadKind.VERDICT: "broker | SIGN_RECEIPT | - | -",
        PayloadKind.RECEIPT: "broker | SIGN_RECEIPT | - | -",
        PayloadKind.RECEIPT_BATCH: "broker | SIGN_RECEIPT | - | -",
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
        PayloadKind.KYOTO_STATEMENT: "operator, or node of the CDM registry"
        " | OPERATE or SIGN_MESSAGE | the operator's socket, or Submit | receipt",
        PayloadKind.RECONCILIATION_STATEMENT: (
            "node of the registry | SIGN_MESSAGE | Submit | receipt with an answer"
        ),
        PayloadKind.CASE_RESOLUTION: "operator | OPERATE | the operator's socket | receipt",
    }
)

# Fields | item of the common nomenclatures | values
_PICK_LISTS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("`sector`, `sectors`", "15", nomenclature.SECTORS),
    ("`activity_type`, `activity_types`", "51", nomenclature.ACTIVITY_TYPES),
    (
        "`UnderlyingUnits.registry`, `underlying_schemes`, `programmes`, `ProgrammeEvent.units`",
        "31",
        nomenclature.UNDERLYING_REGISTRIES,
    ),
)

_SIZES: Final = ("MAX_RECEIVE_BYTES", "MAX_SEND_BYTES", "MAX_METADATA_BYTES")
_SERVER: Final = (
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
    "LARGE_ANSWER_BYTES",
    "MAX_UNSENT_BYTES",
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
_LINES: Final = ("MAX_WAITING",)
_CONNECTIONS: Final = (
    "MAX_CONNECTIONS",
    "CONNECTIONS_PER_NODE",
    "FIRST_CALL_SECONDS",
)
_CLIENT: Final = (
    "MAX_CALLS_UNDER_WAY",
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
        ("broker", sizes, _SIZES),
        ("broker", server, _SERVER),
        ("broker", limiting, _LIMITING),
        ("broker", patience, _PATIENCE),
        ("broker", lines, _LINES),
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


def calls_table(part: str) -> str:
    """Every call of some services, with its comment."""
    rows = []
    for name in SERVICES[part]:
        text = (ROOT / "itmo" / f"{name}_service.proto").read_text("utf-8")
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


def account_types_table() -> str:
    """Every account type (common nomenclatures item 52)."""
    rows = [
        (
            str(each.value),
            each.title,
            ", ".join(sorted(kind.value for kind in each.entered_by)),
            each.purpose.value if each.purpose else "-",
            "no" if each.final else "yes",
        )
        for each in AccountType
    ]
    return _table(("type", "what it is", "entered by", "used for", "units may leave"), rows)


def pick_lists_table() -> str:
    """Every list from which a field of a signed payload takes its value."""
    rows = [
        (fields, item, ", ".join(f"`{value}`" for value in values))
        for fields, item, values in _PICK_LISTS
    ]
    return _table(("fields", "item", "values"), rows)


def reasons_table() -> str:
    """The catalogue of reasons."""
    rows = [
        (
            str(reasons_pb2.Reason.Value(f"REASON_{reason}")),
            f"`{reason}`",
            entry.grpc_code,
            entry.family.value,
            entry.again.value,
            entry.cause,
            entry.remedy,
            ", ".join(
                [
                    *(f"`{name}`" for name in entry.metadata),
                    *(f"(`{name}`)" for name in entry.sometimes),
                    *(["`retry_after_ms`"] if entry.retryable else []),
                ]
            )
            or "-",
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


PARTS: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {
        "transport": transport_table,
        **{part: partial(calls_table, part) for part in SERVICES},
        "account-types": account_types_table,
        "pick-lists": pick_lists_table,
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


def lists() -> Mapping[Path, str]:
    """The lists of the page as files that a program reads, by where they lie."""
    made = {
        "parties": dict(ALPHA2),
        "account_types": [
            {
                "type": each.value,
                "title": each.title,
                "entered_by": sorted(kind.value for kind in each.entered_by),
                "purpose": each.purpose.value if each.purpose else None,
                "final": each.final,
            }
            for each in AccountType
        ],
        "pick_lists": [
            {"item": item, "fields": re.findall(r"`([^`]+)`", fields), "values": list(values)}
            for fields, item, values in _PICK_LISTS
        ],
    }
    return {
        PAGE.parent / "lists" / f"{name}.json": json.dumps(found, indent=1) + "\n"
        for name, found in made.items()
    }


def main() -> int:
    """Writes the pages and lists, or says whether they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 when stale")
    check, stale = parser.parse_args().check, False
    pages = {path: render(path.read_text(encoding="utf-8")) for path in PAGES}
    for path, fresh in {**pages, **lists()}.items():
        stale = stale or not path.exists() or path.read_text(encoding="utf-8") != fresh
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(fresh, encoding="utf-8")
    return int(check and stale)


if __name__ == "__main__":
    sys.exit(main())
