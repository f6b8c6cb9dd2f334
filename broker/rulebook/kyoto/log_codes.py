# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The numbers of the international transaction log and of registries, and what carries each out here.

Names that begin with KP are rules of the decisions that have no number; those that begin with REG are
checks that a registry makes of its own. A number whose meaning was never published is taken on input
and told as such.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from broker.rulebook.check import CarriedOut, KnownAs, Provenance
from broker.rulebook.kyoto.tables import rows_of

LOG_CODES: Final = MappingProxyType(
    {
        row["code"]: KnownAs(
            number=row["code"],
            said=row["short"],
            rules=tuple(row["ours"].split()),
            carried_out=CarriedOut(row["carried_out"]),
            provenance=Provenance(row["provenance"]),
            remark=row["remark"],
        )
        for row in rows_of("log_codes")
    }
)
"""By number."""
