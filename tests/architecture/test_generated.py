# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What is generated and committed equals a fresh generation."""

from __future__ import annotations

import hashlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import itmo.clearing.v1 as clearing_v1
import itmo.registry.v1 as registry_v1
from broker.clearing.path.waiting_room import EARLY_WAIT
from broker.rulebook.paris import document
from itmo.core.v1 import envelope_pb2, proposal_pb2
from tests.architecture.sources import PROTO, ROOT
from workbooks import generate_party_names

PAGE = PROTO / "docs" / "protocol.md"


def script(name: str) -> ModuleType:
    """A script of the folder proto, which is an import root and no package."""
    spec = importlib.util.spec_from_file_location(name, PROTO / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated")
    subprocess.run([sys.executable, PROTO / "generate.py", "--out", out], check=True)
    return out


def generated_files(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.glob("itmo/**/*_pb2*.py*")
        if path.suffix in {".py", ".pyi"}
    }


def test_generated_code_is_up_to_date(fresh: Path) -> None:
    committed, made = generated_files(PROTO), generated_files(fresh)
    assert set(committed) == set(made)
    stale = [name for name in made if committed[name] != made[name]]
    assert stale == [], "run: python proto/generate.py"


def test_every_proto_file_has_its_code() -> None:
    for path in PROTO.glob("itmo/**/*.proto"):
        for ending in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi"):
            assert path.with_name(path.stem + ending).is_file(), path.name


def test_the_table_of_parties_is_up_to_date() -> None:
    committed = (PROTO / "itmo" / "parties_table.py").read_text(encoding="utf-8")
    assert committed == script("generate_parties").render()


@pytest.mark.skipif(
    unicodedata.unidata_version != "14.0.0", reason="made from the tables of Python 3.11"
)
def test_the_table_of_visible_characters_is_up_to_date() -> None:
    committed = (PROTO / "itmo" / "visible_characters.py").read_text(encoding="utf-8")
    assert committed == script("generate_visible_characters").render()


def test_the_table_of_party_names_is_up_to_date() -> None:
    committed = generate_party_names.TABLE.read_text(encoding="utf-8")
    assert committed == generate_party_names.render(), (
        "run: python -m workbooks.generate_party_names"
    )


def test_the_page_of_checks_is_up_to_date() -> None:
    committed = (ROOT / "broker" / "rulebook" / "paris" / "CHECKS.md").read_text(encoding="utf-8")
    assert committed == document.page(), "run: python -m broker.rulebook.paris.document"


# -- the protocol document ------------------------------------------------------------------------


def test_the_generated_parts_of_the_pages_are_up_to_date() -> None:
    module = script("generate_docs")
    for path in module.PAGES:
        page = path.read_text(encoding="utf-8")
        assert module.render(page) == page, "run: python proto/generate_docs.py"


def test_the_lists_are_up_to_date() -> None:
    for path, fresh in script("generate_docs").lists().items():
        assert path.read_text(encoding="utf-8") == fresh, "run: python proto/generate_docs.py"


def test_the_vectors_are_up_to_date() -> None:
    for path, fresh in script("generate_vectors").files().items():
        assert path.read_text(encoding="utf-8") == fresh, "run: python proto/generate_vectors.py"


def test_the_pages_have_every_generated_part_once() -> None:
    module = script("generate_docs")
    pages = "".join(path.read_text(encoding="utf-8") for path in module.PAGES)
    assert sorted(module.generated_names(pages)) == sorted(module.PARTS)
    assert pages.count("<!-- generated: ") == pages.count("<!-- end: ") == len(module.PARTS)


@pytest.mark.parametrize("package", [clearing_v1, registry_v1])
def test_every_call_there_is_stands_in_a_table(package: ModuleType) -> None:
    """The tables are made from the texts of the files; what was generated from these has them all."""
    module = script("generate_docs")
    listed = {
        (row.split("`")[1], row.split("`")[3])
        for part in module.SERVICES
        for row in module.calls_table(part).splitlines()[2:]
    }
    declared = {
        (service.name, method.name)
        for found in pkgutil.iter_modules(package.__path__)
        if found.name.endswith("_pb2")
        for service in importlib.import_module(
            f"{package.__name__}.{found.name}"
        ).DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert declared
    assert declared <= listed


def test_figures_in_the_text_are_those_of_the_code() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    seconds = int(EARLY_WAIT.total_seconds())
    assert f"is ahead by up to 256 for up to {seconds} seconds" in page


def shown(page: str, title: str) -> str:
    """What stands under a title of the worked example, up to the next blank line."""
    found = re.search(
        rf"^{re.escape(title)}[^\n]*\n(.+?)(?:\n\n|\n```)", page, re.DOTALL | re.MULTILINE
    )
    assert found is not None, title
    return found[1]


def bytes_shown(page: str, title: str) -> bytes:
    return bytes.fromhex(shown(page, title).replace("\n", ""))


def test_the_worked_example_verifies_without_our_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    payload, label = bytes_shown(page, "payload ("), shown(page, "payload_type")
    public = bytes_shown(page, "public key")
    encoding = b"DSSEv1 %d %b %d %b" % (len(label), label.encode(), len(payload), payload)
    sig = bytes_shown(page, "Ed25519 signature")
    Ed25519PublicKey.from_public_bytes(public).verify(sig, encoding)
    spki = bytes.fromhex("302a300506032b6570032100") + public
    assert hashlib.sha256(spki).hexdigest() == shown(page, "key id")
    assert hashlib.sha256(payload).hexdigest() == shown(page, "SHA-256 of the payload")
    envelope = envelope_pb2.Envelope.FromString(bytes_shown(page, "Envelope message"))
    assert (envelope.payload, envelope.payload_type) == (payload, label)
    assert proposal_pb2.Withdrawal.FromString(payload).header.sender_sequence == 1
