# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The command lines of both programs: exit status, errors, JSON, tables, times, progress."""
