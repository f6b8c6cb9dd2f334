# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The ties of the standard electronic format: which cells say the same thing, one file for each."""
