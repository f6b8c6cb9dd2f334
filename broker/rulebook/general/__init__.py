# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the rulebooks of all regimes share: cases, checks, and the words of findings."""
