# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a planted bug is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bug:
    """A change to one place of one file that makes the program wrong.

    Attributes:
        id: Its name, in words joined by hyphens.
        breaks: What goes wrong with it, in one sentence.
        file: The file, from the root of the tree.
        old: Text that occurs exactly once in the file.
        new: What stands there instead.
        tests: Tests of which at least one fails with it, by pytest's names.
    """

    id: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def planted_in(self, text: str) -> str:
        """The text of the file with the bug in it.

        Raises:
            ValueError: the old text is not there exactly once, or the new one is the same.
        """
        count = text.count(self.old)
        if count != 1 or self.old == self.new:
            message = (
                f"{self.id}: the text to be replaced occurs {count} times in {self.file}, expected"
                " once, by another text; adapt the bug to the file as it is now"
            )
            raise ValueError(message)
        return text.replace(self.old, self.new)
