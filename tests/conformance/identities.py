# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An identity file: two admitted nodes, and what the kit needs to speak as they do.

It is JSON with exactly these members. Files are named from the folder of the identity file.

    {
      "network_id": "itmo-test",
      "broker_node": "broker",
      "broker_key": "64 hexadecimal digits: the Ed25519 key the broker signs statements with",
      "server_name": "the host in the broker's certificate",
      "first": 1,
      "giver": {
        "node": "tha-registry", "registry": "THA01", "account": "TH05THA0110000000001",
        "key": "message key: PEM, PKCS#8, mode 0600",
        "ca": "authority: PEM", "certificate": "PEM", "tls_key": "PEM, mode 0600"
      },
      "taker": {the same of the other node}
    }

The giver's account holds units of its own registry, free to be transferred to the taker, somewhere from
serial number `first` on; the kit looks for 64 free ones in a row, so it can be run again and again. Those
that a run takes stay offered or move to the taker.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from itmo.ed25519 import check_public_key
from itmo.identifiers import (
    parse_account_id,
    parse_network_id,
    parse_node_id,
    parse_registry_id,
)
from itmo.keys import FileSigner
from itmo.parties import PARTY_OF_ALPHA2
from itmo.reasons import ProtocolError
from itmo.runtime.rpc.tls import spiffe_uri

Tree = dict[str, Any]
SIDES: Final = ("giver", "taker")
_TOP: Final[dict[str, type]] = {
    "network_id": str,
    "broker_node": str,
    "broker_key": str,
    "server_name": str,
    "first": int,
    "giver": dict,
    "taker": dict,
}
_SIDE: Final[dict[str, type]] = dict.fromkeys(
    ("node", "registry", "account", "key", "ca", "certificate", "tls_key"), str
)
_CALLED: Final = {str: "text", int: "a whole number", dict: "an object"}


class IdentitiesError(ValueError):
    """Everything that is wrong with an identity file, one sentence a line."""


def read(path: Path) -> Tree:
    """Reads an identity file.

    Raises:
        IdentitiesError: naming every member that is missing, unknown or wrong.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise IdentitiesError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise IdentitiesError(f"{path} is no JSON: {error}") from None
    found = list(_shape(told, _TOP, ""))
    if not found:
        found = [fault for side in SIDES for fault in _shape(told[side], _SIDE, f"{side}.")]
    if not found:
        found = [*_values(told), *(f for side in SIDES for f in _side(told, side, path.parent))]
    if found:
        raise IdentitiesError("\n".join(f"{path}: {fault}" for fault in found))
    return dict(told)


def _shape(told: object, members: dict[str, type], where: str) -> Iterator[str]:
    if not isinstance(told, dict):
        yield f"{where.removesuffix('.') or 'the file'} is not an object"
        return
    for name in sorted(members.keys() - told.keys()):
        yield f"{where}{name} is missing"
    for name in sorted(told.keys() - members.keys()):
        yield f"{where}{name} is not known; members are {', '.join(members)}"
    for name, kind in members.items():
        if name in told and (not isinstance(told[name], kind) or isinstance(told[name], bool)):
            yield f"{where}{name} is not {_CALLED[kind]}"


def _said(parse: Callable[[], object]) -> Iterator[str]:
    try:
        parse()
    except ProtocolError as error:
        yield error.message


def _values(told: Tree) -> Iterator[str]:
    yield from _said(lambda: parse_network_id(told["network_id"], "network_id"))
    yield from _said(lambda: parse_node_id(told["broker_node"], "broker_node"))
    try:
        key = bytes.fromhex(told["broker_key"])
    except ValueError:
        yield "broker_key is not hexadecimal"
    else:
        yield from (f"broker_key: {fault}" for fault in _said(lambda: check_public_key(key)))
    if told["first"] < 1:
        yield f"first is {told['first']}; serial numbers count from 1"
    if told["giver"]["node"] == told["taker"]["node"]:
        yield f"giver and taker are one node, {told['giver']['node']}; two are needed"


def _side(told: Tree, side: str, folder: Path) -> Iterator[str]:
    one = told[side]
    yield from _said(lambda: parse_node_id(one["node"], f"{side}.node"))
    yield from _said(lambda: parse_registry_id(one["registry"], f"{side}.registry"))
    wrong = list(_said(lambda: parse_account_id(one["account"], f"{side}.account")))
    yield from wrong
    if not wrong and PARTY_OF_ALPHA2[one["account"][:2]] != one["registry"][:3]:
        yield f"{side}.account {one['account']} is not of the Party of {one['registry']}"
    missing = [
        name
        for name in ("key", "ca", "certificate", "tls_key")
        if not (folder / one[name]).is_file()
    ]
    yield from (f"{side}.{name}: there is no file {folder / one[name]}" for name in missing)
    if "key" not in missing:
        yield from (f"{side}.key: {f}" for f in _said(lambda: FileSigner.load(folder / one["key"])))
    if "certificate" not in missing:
        yield from _certificate(told, side, folder / one["certificate"])


def _certificate(told: Tree, side: str, path: Path) -> Iterator[str]:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        uris = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    except (ValueError, x509.ExtensionNotFound):
        yield f"{side}.certificate: {path} is no certificate of a node"
        return
    wanted = spiffe_uri(told["network_id"], told[side]["node"])
    if uris != [wanted]:
        yield f"{side}.certificate names {', '.join(uris) or 'nobody'}, expected {wanted}"
