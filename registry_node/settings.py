# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's settings: node.toml, with overrides from the environment.

A variable `ITMO_NODE_<SECTION>__<KEY>` overrides one key, for example `ITMO_NODE_BROKER__ADDRESS`;
its value is read as TOML, or as text when it is none. Secrets are named by file, never written
here. Relative paths start at the folder of node.toml. Whatever is unknown or wrong stops the start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from itmo.clock import from_text
from itmo.identifiers import NetworkId, NodeId, RegistryId
from itmo.identifiers import parse_network_id as _parse_network
from itmo.identifiers import parse_node_id as _parse_node
from itmo.identifiers import parse_registry_id as _parse_registry
from itmo.keys import KeyPurpose, PublicKey, key_id
from itmo.reasons import ProtocolError, shown
from itmo.runtime.observe import LogFormat
from registry_node.identity import Identity, NodeKind
from registry_node.inbox.mode import DeliveryMode
from registry_node.proposals.policy import AcceptancePolicy, Mode
from registry_node.settings_file import (
    FILE_NAME,
    OPERATOR_SOCKET,
    override,
    parse_tree,
    read_text,
    wrong,
)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _moment(value: str) -> str:
    from_text(value, "time")
    return value


NodeName = Annotated[str, AfterValidator(lambda v: _parse_node(v, "node id"))]
NetworkName = Annotated[str, AfterValidator(lambda v: _parse_network(v, "network id"))]
RegistryName = Annotated[str, AfterValidator(lambda v: _parse_registry(v, "registry"))]
Moment = Annotated[str, AfterValidator(_moment)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class NodeSection(_Section):
    """Who the node is and where it keeps things."""

    id: NodeName
    kind: Annotated[NodeKind, BeforeValidator(_upper)]
    registries: tuple[RegistryName, ...] = ()
    programmes: tuple[str, ...] = ()
    network_id: NetworkName
    test_network: bool = False
    signer: str
    data_dir: Path = Path("data")
    operator_socket: Path = Path(OPERATOR_SOCKET)
    log_format: LogFormat = LogFormat.AUTO


class BrokerKey(_Section):
    """A pinned key of the broker."""

    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    not_before: Moment
    not_after: Moment
    purpose: Annotated[KeyPurpose, BeforeValidator(_upper)] = KeyPurpose.SIGN_RECEIPT


class BrokerSection(_Section):
    """The clearing-house."""

    node: NodeName
    address: str = Field(pattern=r"^[^\s/]+:[0-9]{1,5}$")
    server_name: str | None = None
    delivery: Annotated[DeliveryMode, BeforeValidator(_upper)] = DeliveryMode.STREAM
    keys: tuple[BrokerKey, ...] = Field(min_length=1)


class TlsSection(_Section):
    """Files of the connection."""

    ca: Path
    certificate: Path
    key: Path


class AcceptanceSection(_Section):
    """What may be accepted without a person."""

    mode: Annotated[Mode, BeforeValidator(_upper)] = Mode.MANUAL
    trusted_registries: tuple[RegistryName, ...] = ()
    maximum_quantity: int | None = Field(default=None, ge=1, le=2**63 - 2)


class SharingSection(_Section):
    """Reports of registries that do not take part in full.

    Attributes:
        books: File with the holdings and actions of an existing registry system, CSV or JSON; left
            out: the node's own ledger. One node, one file: rows name their registry.
    """

    books: Path | None = None


class Settings(_Section):
    """Everything that can be set."""

    node: NodeSection
    broker: BrokerSection
    tls: TlsSection
    acceptance: AcceptanceSection = AcceptanceSection()
    sharing: SharingSection = SharingSection()

    def identity(self) -> Identity:
        """Who the node is."""
        return Identity(
            node=NodeId(self.node.id),
            kind=self.node.kind,
            registries=tuple(RegistryId(registry) for registry in self.node.registries),
            network_id=NetworkId(self.node.network_id),
            test_network=self.node.test_network,
            broker_node=NodeId(self.broker.node),
            programmes=self.node.programmes,
        )

    def broker_keys(self) -> tuple[PublicKey, ...]:
        """The pinned keys of the broker."""
        return tuple(
            PublicKey(
                keyid=key_id(bytes.fromhex(key.public_key)),
                node=NodeId(self.broker.node),
                purpose=key.purpose,
                raw=bytes.fromhex(key.public_key),
                not_before=_time(key.not_before),
                not_after=_time(key.not_after),
            )
            for key in self.broker.keys
        )

    def policy(self) -> AcceptancePolicy:
        """What may be accepted without a person."""
        return AcceptancePolicy(
            mode=self.acceptance.mode,
            trusted_registries=frozenset(self.acceptance.trusted_registries),
            maximum_quantity=self.acceptance.maximum_quantity,
        )


def _time(text: str) -> datetime:
    return from_text(text, "time")


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read node.toml in a folder.

    Raises:
        ProtocolError: CONFIGURATION_INVALID with file, key and what to do.
    """
    return settings_of(read_text(folder / FILE_NAME), folder, environment)


def settings_of(text: str, folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read what is, or will be, the node.toml of a folder.

    Raises:
        ProtocolError: as `load`.
    """
    file = folder / FILE_NAME
    tree = parse_tree(text, file)
    override(tree, os.environ if environment is None else environment)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise _invalid(file, error) from None
    except ProtocolError as error:
        raise wrong(file, error.metadata.get("where", ""), error.message) from None
    return _with_absolute_paths(settings, folder.absolute())


def _with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    node = settings.node.model_copy(
        update={
            "data_dir": folder / settings.node.data_dir,
            "operator_socket": folder / settings.node.operator_socket,
        }
    )
    tls = settings.tls.model_copy(
        update={name: folder / getattr(settings.tls, name) for name in TlsSection.model_fields}
    )
    books = settings.sharing.books
    sharing = settings.sharing.model_copy(update={"books": books and folder / books})
    return settings.model_copy(update={"node": node, "tls": tls, "sharing": sharing})


def _invalid(file: Path, error: ValidationError) -> ProtocolError:
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return wrong(file, key, "it is not a known setting; correct or remove it")
    if first["type"] == "missing":
        return wrong(file, key, "it is missing; add it, or let `registry-node join` do so")
    return wrong(file, key, f"{first['msg']}; found {shown(first['input'])}")
