# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Stories in which the rulebook kyoto rules: its world, its steps, and what must come out."""
