# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Stories in which the rulebook paris rules: how their steps are read, and what is handed in."""
