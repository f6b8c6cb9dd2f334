# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reports that know Article 6 of the Paris Agreement; what is general stands one folder above."""
