# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of reports and holdings: judged on what was filed, not on proposals."""
