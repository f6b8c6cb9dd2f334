# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One file per check, in one folder per category; the file is named after the check's id."""
