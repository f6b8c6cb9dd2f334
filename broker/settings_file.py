# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The file `broker.toml` and the variables `ITMO_BROKER_*`; what they say is checked elsewhere."""

from typing import Final

from itmo.runtime.settings_file import SettingsFile

FILE_NAME: Final = "broker.toml"
ENVIRONMENT_PREFIX: Final = "ITMO_BROKER_"
DIRECTORY_VARIABLE: Final = "ITMO_BROKER_DIR"
FILE: Final = SettingsFile(
    name=FILE_NAME,
    prefix=ENVIRONMENT_PREFIX,
    folder_variable=DIRECTORY_VARIABLE,
    program="broker",
    confidential=frozenset({"signers", "database.url"}),
)
