# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Views by which reports read what Paris keeps of units, and the guard behind its rules of change."""

from __future__ import annotations

from typing import Final

VIEWS: Final = (
    """CREATE VIEW paris_unit AS SELECT
      u.registry, u.first, u.last, u.quantity, u.issued_first, u.account_id, u.account_registry,
      json_extract(u.state, '$.vintage') AS vintage,
      json_extract(u.state, '$.authorization') AS authorization_id,
      json_extract(u.state, '$.version') AS authorization_version,
      json_extract(u.state, '$.first_transferred') AS first_transferred,
      json_extract(u.state, '$.reversed') AS first_transfers_reversed,
      u.locked_by, i.attributes, i.transaction_id AS issued_by
    FROM unit_block u JOIN issued_block i ON i.registry = u.registry AND i.first = u.issued_first""",
)
"""Live ranges with what their state says, and with what was stated when they were issued."""

GUARDS: Final = (
    """CREATE TRIGGER paris_first_transfer_stays BEFORE UPDATE OF state ON unit_block
    WHEN (json_extract(NEW.state, '$.first_transferred') <> json_extract(OLD.state, '$.first_transferred')
        OR json_extract(NEW.state, '$.reversed') <> json_extract(OLD.state, '$.reversed'))
      AND NOT (json_extract(NEW.state, '$.first_transferred') = 1
        AND json_extract(NEW.state, '$.reversed') = json_extract(OLD.state, '$.reversed'))
      AND NOT (json_extract(OLD.state, '$.first_transferred') = 1
        AND json_extract(NEW.state, '$.first_transferred') = 0
        AND json_extract(NEW.state, '$.reversed') = json_extract(OLD.state, '$.reversed') + 1)
    BEGIN SELECT RAISE(ABORT, 'a first transfer is undone by a reversal only'); END""",
)
