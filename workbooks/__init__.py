# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Spreadsheet files of others: opened only when that is safe, streamed, and written byte for byte alike."""
