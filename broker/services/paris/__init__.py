# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What nodes ask about Article 6: adjustments, authorizations, AEFs, units over all registries."""
