# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an operator can want, each as one local transaction: validate, reserve, mint ids, queue."""
