# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The regimes that this program knows, and which of them a network has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from broker.regime.kyoto.regime import KYOTO
from broker.regime.paris.regime import PARIS
from broker.regime.regimes import Regimes
from itmo.reasons import ProtocolError, Reason

ALL_REGIMES: Final = Regimes((PARIS, KYOTO))
"""What a broker can judge by; the settings say which of them a network has."""
REGIMES: Final = Regimes((PARIS,))
"""What a broker judges by unless its settings say otherwise."""


def regimes_of(rulebooks: Iterable[str]) -> Regimes:
    """The regimes of a network's rulebooks.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where one is not known or named twice, or none is.
    """
    try:
        return Regimes(ALL_REGIMES[each] for each in rulebooks)
    except (KeyError, ValueError) as error:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"transactions.rulebooks: name one or more of {', '.join(ALL_REGIMES.names)}, each once",
            setting="transactions.rulebooks",
        ) from error
