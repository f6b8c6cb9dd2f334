# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A transaction as its proposer wrote it, with the terms of the Kyoto rulebook."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.general.proposal import Proposed, ProposedBlock
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.codes import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoProposedBlock(ProposedBlock):
    """A block as its proposer wrote it, with the attributes that it states."""

    attributes: KyotoAttributes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoProposed(Proposed):
    """A transaction as its proposer wrote it; project and track are those of a conversion."""

    blocks: tuple[KyotoProposedBlock, ...]
    project: int = 0
    track: Track | None = None
