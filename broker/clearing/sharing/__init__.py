# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of sharing: registries that report instead of taking part in full."""
