# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The inbox: what the broker delivers, verified, then applied in one transaction with its cursor."""
