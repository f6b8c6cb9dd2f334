# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""That a registry is closed, and what was sealed then."""

from __future__ import annotations

from typing import Final

from broker.regime.kyoto import stated_keys
from broker.regime.kyoto.statements.archive_parts import DIGEST
from broker.regime.kyoto.statements.kind import Kind, at_least_one, invalid
from broker.regime.refusals import NoEffect
from broker.regime.regime import Key, Needs
from broker.regime.statement import Books
from broker.rulebook.kyoto.case import Closing
from itmo.identifiers import parse_registry_id
from itmo.kyoto.v1 import statements_pb2
from itmo.reasons import Reason


def _closing(written: statements_pb2.RegistryClosing) -> tuple[Key, Closing]:
    for field in ("seal", "log_root"):
        if len(getattr(written, field)) != DIGEST:
            raise invalid(f"closing.{field}", f"a digest of {DIGEST} bytes")
    registry = parse_registry_id(written.registry, "closing.registry")
    return stated_keys.closing(registry), Closing(
        seal=written.seal.hex(),
        log_size=at_least_one(
            written.log_size, "closing.log_size", "how many decisions the log has"
        ),
        log_root=written.log_root.hex(),
    )


def _needs(written: statements_pb2.RegistryClosing) -> Needs:
    return Needs(registries={written.registry})


def _take(books: Books, key: Key, said: Closing) -> None:
    node = books.node_of(key.name)
    if node is None:
        raise NoEffect(Reason.NOT_FOUND, f"closing.registry: no registry {key.name}")
    books.state(key, said)
    books.tell(node)


KINDS: Final = (Kind("closing", _closing, needs=_needs, take=_take),)
