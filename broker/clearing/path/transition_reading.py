# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of a transition: each half by its own regime, which learns nothing of the other one's law."""

from __future__ import annotations

from dataclasses import replace

from broker.regime.regimes import Regimes
from broker.rulebook.general.proposal import Proposed
from itmo.core.v1 import proposal_pb2
from itmo.identifiers import FIRST_RULEBOOK, rulebook_named
from itmo.reasons import ProtocolError, Reason
from itmo.transitions import beginning, ending


def read_transition(
    regimes: Regimes, written: proposal_pb2.ProposedTransaction, where: str
) -> Proposed:
    """Reads both halves; the ending names the beginning.

    Raises:
        ProtocolError: one of them cannot be represented, both are of one rulebook, or of one that is
            not judged here.
    """
    stated = written.rulebook or FIRST_RULEBOOK
    other = rulebook_named(
        written.transition.rulebook, regimes.names, f"{where}.transition.rulebook"
    )
    if other not in regimes[stated].leads_to:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"{where}.transition.rulebook is {other}; units of {stated} go over to"
            f" {', '.join(sorted(regimes[stated].leads_to)) or 'no other rulebook'}",
            where=f"{where}.transition.rulebook",
        )
    begins = regimes[other].proposed(beginning(written), f"{where}.transition")
    return replace(regimes[stated].proposed(ending(written), where), begins=begins)
