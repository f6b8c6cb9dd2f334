# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The .proto files: style, comments, compatibility, and agreement with the enums of the code."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from broker.clearing.decision import statements
from broker.clearing.reconciliation import comparing, reconciliation_rows
from broker.rulebook import check
from broker.rulebook.general import proposal as general_proposal
from broker.rulebook.general import registries, reported, sharing
from broker.rulebook.paris import (
    accounts,
    attributes,
    authorization,
    noticed,
    proposal,
    purposes,
    years,
)
from itmo import lifecycle, node_kinds
from itmo.core.v1 import (
    decision_pb2,
    notices_pb2,
    proposal_pb2,
    reconciliation_pb2,
    sharing_pb2,
    statements_pb2,
    units_pb2,
)
from itmo.errors.v1 import reasons_pb2
from itmo.keys import KeyPurpose
from itmo.paris.v1 import (
    approaches_pb2,
    attributes_pb2,
    authorization_pb2,
    parties_pb2,
    programmes_pb2,
    terms_pb2,
)
from itmo.payloads import MESSAGE_OF, PayloadKind
from itmo.reasons import Reason
from itmo.registry.v1 import operator_service_pb2
from registry_node.store import rows
from tests.architecture.sources import BIN, PROTO, name_of

SIGNED = frozenset({"itmo.core.v1", "itmo.message.v1", "itmo.paris.v1", "itmo.kyoto.v1"})
"""Packages of what is signed."""
BASELINE = PROTO / "baseline" / "image.binpb"


def buf(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([BIN / "buf", *arguments], cwd=PROTO, capture_output=True, check=False)


@pytest.fixture(scope="module")
def image() -> list[FileDescriptorProto]:
    """Our files with their comments; an image of buf is a FileDescriptorSet."""
    built = buf("build", "--output", "-#format=binpb")
    assert built.returncode == 0, built.stderr.decode()
    every = FileDescriptorSet.FromString(built.stdout).file
    return [each for each in every if each.name.startswith("itmo/")]


def test_buf_finds_nothing_to_say() -> None:
    done = buf("lint")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_nothing_that_was_released_changed_incompatibly() -> None:
    assert BASELINE.is_file()
    done = buf("breaking", "--against", str(BASELINE))
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_the_baseline_knows_every_file() -> None:
    released = {each.name for each in FileDescriptorSet.FromString(BASELINE.read_bytes()).file}
    present = {path.relative_to(PROTO).as_posix() for path in PROTO.glob("itmo/**/*.proto")}
    assert present <= released, "a new file: make the image anew, see CONTRIBUTING.md"


# -- comments -------------------------------------------------------------------------------------

# Field numbers of descriptor.proto, of which the paths of comments consist.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_MESSAGE, _MESSAGE_ENUM, _MESSAGE_ONEOF = 2, 3, 4, 8
_ENUM_VALUE, _SERVICE_METHOD = 2, 2

Path = tuple[int, ...]


def _of_enum(enum: EnumDescriptorProto, path: Path) -> Iterator[tuple[str, Path]]:
    yield enum.name, path
    for index, value in enumerate(enum.value):
        yield value.name, (*path, _ENUM_VALUE, index)


def _of_message(message: DescriptorProto, path: Path) -> Iterator[tuple[str, Path]]:
    yield message.name, path
    for index, field in enumerate(message.field):
        yield f"{message.name}.{field.name}", (*path, _MESSAGE_FIELD, index)
    for index, oneof in enumerate(message.oneof_decl):
        if not oneof.name.startswith("_"):  # the compiler's own, for optional fields
            yield f"{message.name}.{oneof.name}", (*path, _MESSAGE_ONEOF, index)
    for index, enum in enumerate(message.enum_type):
        yield from _of_enum(enum, (*path, _MESSAGE_ENUM, index))
    for index, nested in enumerate(message.nested_type):
        yield from _of_message(nested, (*path, _MESSAGE_MESSAGE, index))


def elements(file: FileDescriptorProto) -> Iterator[tuple[str, Path]]:
    for index, message in enumerate(file.message_type):
        yield from _of_message(message, (_FILE_MESSAGE, index))
    for index, enum in enumerate(file.enum_type):
        yield from _of_enum(enum, (_FILE_ENUM, index))
    for index, service in enumerate(file.service):
        yield service.name, (_FILE_SERVICE, index)
        for number, method in enumerate(service.method):
            yield f"{service.name}.{method.name}", (_FILE_SERVICE, index, _SERVICE_METHOD, number)


def comments(file: FileDescriptorProto) -> dict[Path, str]:
    return {
        tuple(each.path): each.leading_comments.strip() for each in file.source_code_info.location
    }


def test_every_element_is_explained(image: list[FileDescriptorProto]) -> None:
    bare = [
        f"{file.name}: {name}"
        for file in image
        for said in [comments(file)]
        for name, path in elements(file)
        if not said.get(path, "").endswith((".", '"'))
    ]
    assert bare == []


def test_payloads_name_their_label(image: list[FileDescriptorProto]) -> None:
    said = {
        name: " ".join(comments(file).get(path, "").split())
        for file in image
        for name, path in elements(file)
        if file.package in SIGNED
    }
    wrong = [
        kind.label
        for kind in PayloadKind
        if f'"{kind.label}"' not in said[MESSAGE_OF[kind].DESCRIPTOR.name]
    ]
    assert wrong == []


def test_signed_payloads_hold_no_map_and_no_any(image: list[FileDescriptorProto]) -> None:
    held = [
        f"{message.name}.{field.name}"
        for file in image
        if file.package in SIGNED
        for message in file.message_type
        for field in message.field
        if message.nested_type or field.type_name == ".google.protobuf.Any"
    ]
    assert held == []


# -- enums ----------------------------------------------------------------------------------------


PAIRS: list[tuple[Any, type[Enum], str, set[str]]] = [
    (decision_pb2.State, lifecycle.State, "STATE", set()),
    (decision_pb2.TerminationCause, lifecycle.TerminationCause, "TERMINATION_CAUSE", set()),
    (decision_pb2.Outcome, check.Outcome, "OUTCOME", set()),
    (decision_pb2.Severity, check.Severity, "SEVERITY", set()),
    (proposal_pb2.TransactionType, general_proposal.TransactionType, "TRANSACTION_TYPE", set()),
    (units_pb2.UnitRole, general_proposal.UnitRole, "UNIT_ROLE", set()),
    (terms_pb2.AllotmentPurpose, proposal.AllotmentPurpose, "ALLOTMENT_PURPOSE", set()),
    (terms_pb2.AccountRole, accounts.AccountRole, "ACCOUNT_ROLE", set()),
    (
        authorization_pb2.AuthorizationKind,
        authorization.AuthorizationKind,
        "AUTHORIZATION_KIND",
        set(),
    ),
    (
        approaches_pb2.AuthorizationTiming,
        authorization.AuthorizationTiming,
        "AUTHORIZATION_TIMING",
        set(),
    ),
    (
        authorization_pb2.AuthorizationElement,
        authorization.AuthorizationElement,
        "AUTHORIZATION_ELEMENT",
        set(),
    ),
    (
        authorization_pb2.RevocationGround,
        authorization.RevocationGround,
        "REVOCATION_GROUND",
        set(),
    ),
    (parties_pb2.LevelKind, years.LevelKind, "LEVEL_KIND", set()),
    (proposal_pb2.CompletionMode, lifecycle.Completion, "COMPLETION_MODE", set()),
    (attributes_pb2.UnitType, attributes.UnitType, "UNIT_TYPE", set()),
    (attributes_pb2.Metric, attributes.Metric, "METRIC", set()),
    (attributes_pb2.MitigationType, attributes.MitigationType, "MITIGATION_TYPE", set()),
    (authorization_pb2.Purpose, purposes.Purpose, "PURPOSE", set()),
    (
        authorization_pb2.FirstTransferDefinition,
        purposes.FirstTransferDefinition,
        "FIRST_TRANSFER_DEFINITION",
        set(),
    ),
    (statements_pb2.KeyPurpose, KeyPurpose, "KEY_PURPOSE", set()),
    # The operator joins no network and is admitted by nobody.
    (statements_pb2.NodeKind, node_kinds.NodeKind, "NODE_KIND", {"OPERATOR"}),
    (statements_pb2.OperationalStatus, registries.OperationalStatus, "OPERATIONAL_STATUS", set()),
    (parties_pb2.NdcTarget, years.NdcTarget, "NDC_TARGET", set()),
    (parties_pb2.AdjustmentMethod, years.AdjustmentMethod, "ADJUSTMENT_METHOD", set()),
    (sharing_pb2.SharingLevel, sharing.SharingLevel, "SHARING_LEVEL", set()),
    (sharing_pb2.ReportFrequency, sharing.ReportFrequency, "REPORT_FREQUENCY", set()),
    (sharing_pb2.CheckRole, sharing.CheckRole, "CHECK_ROLE", set()),
    (sharing_pb2.ReportedActionType, reported.ReportedActionType, "REPORTED_ACTION_TYPE", set()),
    (notices_pb2.NoticeOutcome, noticed.NoticeOutcome, "NOTICE_OUTCOME", set()),
    (programmes_pb2.ProgrammeEventKind, noticed.ProgrammeEventKind, "PROGRAMME_EVENT_KIND", set()),
    (
        reconciliation_pb2.ReconciliationStage,
        reconciliation_rows.Stage,
        "RECONCILIATION_STAGE",
        set(),
    ),
    (
        reconciliation_pb2.ReconciliationOutcome,
        reconciliation_rows.Outcome,
        "RECONCILIATION_OUTCOME",
        set(),
    ),
    (reconciliation_pb2.DifferenceKind, comparing.DifferenceKind, "DIFFERENCE_KIND", set()),
    (reconciliation_pb2.CaseRight, reconciliation_rows.CaseRight, "CASE_RIGHT", set()),
    (reasons_pb2.Reason, Reason, "REASON", set()),
    (operator_service_pb2.AccountState, rows.AccountState, "ACCOUNT_STATE", set()),
]


@pytest.mark.parametrize(
    ("wire", "code", "prefix", "wire_only"),
    PAIRS,
    ids=[f"{code.__module__}.{code.__name__}" for _, code, _, _ in PAIRS],
)
def test_enums_of_wire_and_code_agree(
    wire: Any,  # noqa: ANN401  # the type that generated enums have depends on the generator
    code: type[Enum],
    prefix: str,
    wire_only: set[str],
) -> None:
    names = [name.removeprefix(f"{prefix}_") for name in wire.keys()]  # noqa: SIM118  # no dict
    assert names[0] == "UNSPECIFIED"
    assert wire.Value(f"{prefix}_UNSPECIFIED") == 0
    assert [name for name in names[1:] if name not in wire_only] == [each.name for each in code]


def test_every_enum_of_signed_payloads_has_its_twin(image: list[FileDescriptorProto]) -> None:
    compared = {wire.DESCRIPTOR.name for wire, *_ in PAIRS}
    present = {
        enum.name
        for file in image
        if file.package in SIGNED and file.package != "itmo.kyoto.v1"  # nothing reads it yet
        for enum in file.enum_type
    }
    assert present <= compared


def test_reasons_are_numbered_in_the_order_of_the_catalogue() -> None:
    numbers = [reasons_pb2.Reason.Value(f"REASON_{reason}") for reason in Reason]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_hand_made_tag_of_results_is_the_descriptors() -> None:
    field = decision_pb2.Verdict.DESCRIPTOR.fields_by_name["results"]
    length_delimited = 2
    assert bytes([field.number << 3 | length_delimited]) == statements._RESULTS_TAG


def test_files_lie_where_their_package_says() -> None:
    for path in PROTO.glob("itmo/**/*.proto"):
        package = path.parent.relative_to(PROTO).as_posix().replace("/", ".")
        assert f"\npackage {package};\n" in path.read_text(encoding="utf-8"), name_of(path)
