# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The last guards of the database behind what Paris allows to happen to units.

They read the state as text, of which `broker.regime.paris.state` has one form: SQLite before 3.41
takes no function of JSON from a schema that it is told not to trust.
"""

from __future__ import annotations

from typing import Final

from broker.rulebook.paris.noticed import NoticeOutcome

_MARK: Final = """(instr({0}.state, '"first_transferred":true') > 0)"""
_REVERSED: Final = """CAST(substr({0}.state, instr({0}.state, '"reversed":') + length('"reversed":')) AS INTEGER)"""
_NEW, _OLD = "NEW", "OLD"

GUARDS: Final = (
    f"""CREATE TRIGGER paris_first_transfer_stays BEFORE UPDATE OF state ON unit_block
    WHEN NEW.state <> OLD.state AND instr(OLD.state, '"first_transferred":') > 0
      AND ({_MARK.format(_NEW)} <> {_MARK.format(_OLD)}
        OR {_REVERSED.format(_NEW)} <> {_REVERSED.format(_OLD)})
      AND NOT ({_MARK.format(_NEW)} AND {_REVERSED.format(_NEW)} = {_REVERSED.format(_OLD)})
      AND NOT ({_MARK.format(_OLD)} AND NOT {_MARK.format(_NEW)}
        AND {_REVERSED.format(_NEW)} = {_REVERSED.format(_OLD)} + 1)
    BEGIN SELECT RAISE(ABORT, 'a first transfer is undone by a reversal only'); END""",
    """CREATE TRIGGER paris_underlying_once BEFORE INSERT ON lookup
    WHEN NEW.space = 'underlying' AND EXISTS (SELECT 1 FROM lookup WHERE space = NEW.space
      AND name = NEW.name AND low = NEW.low)
    BEGIN SELECT RAISE(ABORT, 'an underlying unit or a CER backs one unit only'); END""",
    f"""CREATE TRIGGER paris_outcome_known BEFORE INSERT ON noticed_units
    WHEN NEW.outcome NOT IN ({", ".join(f"'{each}'" for each in NoticeOutcome)})
    BEGIN SELECT RAISE(ABORT, 'a notice does one of a few things to units'); END""",
)
"""As SQL. One that fires is a bug of ours: the group is undone."""
