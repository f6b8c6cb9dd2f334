# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A file that was read: what it says, and what is wrong with how it says it."""

from __future__ import annotations

from dataclasses import dataclass

from sef.faults import Finding
from sef.model import Submission
from workbooks.files_seen import FileSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file that was read, the findings on its form, and its digest."""

    submission: Submission
    findings: tuple[Finding, ...] = ()
    seen: FileSeen | None = None
