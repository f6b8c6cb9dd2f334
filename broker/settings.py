# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of the broker: `broker.toml`, then environment variables `ITMO_BROKER_*`."""

import re
import stat
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from broker.settings_file import FILE
from itmo import limits as protocol_limits
from itmo.identifiers import parse_network_id, parse_node_id
from itmo.keys import key_file
from itmo.runtime.observe import LogFormat, LogLevel
from itmo.runtime.rpc import limiting
from itmo.runtime.rpc.limiting import CallLimits
from itmo.runtime.rpc.ports import MAX_SOCKET_PATH
from itmo.runtime.settings_file import expected_by, wrong

if TYPE_CHECKING:
    from broker.store.engines import Books
    from itmo.runtime.rpc.tls import TlsFiles

_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_ADDRESS: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}")
_LAST_PORT: Final = 65_535
_FILE_SCHEME: Final = "file:"
_ANY_DATABASE: Final = "expected the path of a file, or postgresql://[user@]host[:port]/database"
_SCHEMES: Final = ("postgresql://", "postgres://")
_BESIDE: Final = "postgresql"
"""Named so, the head is `postgresql.head`."""

_MAX_GROUP: Final = 1_000  # a larger group commit holds the writer for too long
_MAX_PACING_MS: Final = 50.0  # a longer pause is no pacing but a delay
_MAX_QUEUE: Final = 100_000  # messages of a mebibyte each must fit into memory
_MAX_WORKERS: Final = (
    64  # each holds about a hundred megabytes; one process decides for all of them
)
_HOURS: Final = protocol_limits.MAX_TRANSACTION_LIFETIME // timedelta(hours=1)


def _address(text: str) -> str:
    if _ADDRESS.fullmatch(text) is None or int(text.rpartition(":")[2]) > _LAST_PORT:
        raise ValueError("expected host:port, such as 0.0.0.0:7443 or [::]:7443")
    return text


def server_url(text: str) -> str:
    """Returns the URL of a database on a server.

    Raises:
        ValueError: It is none, with what was expected.
    """
    if text and not text.startswith(_SCHEMES):
        raise ValueError("expected postgresql://[user@]host[:port][,host...]/database")
    return text


def _named(said: object) -> object:
    """A path, but for an empty one, which would be the folder of the settings."""
    if said == "":
        raise ValueError(_ANY_DATABASE)
    return said


def _database(said: object) -> object:
    """A text in the place of the table is the database itself: a URL, or the path of a file."""
    if not isinstance(said, str):
        return said
    return {"url" if "://" in said else "path": said}


Address = Annotated[str, AfterValidator(_address)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ServerSettings(_Table):
    """Where the broker is reached.

    Attributes:
        workers: Processes that hold the lines to nodes, besides the one that decides; 0: that one does.
    """

    listen: Address = "127.0.0.1:7443"
    public_address: Address = "localhost:7443"
    operator_socket: Path = Path("operator.sock")
    reflection: bool = False
    workers: int = Field(default=0, ge=0, le=_MAX_WORKERS)


class TlsSettings(_Table):
    """What the broker proves itself with on the network."""

    ca: Path = Path("tls/ca.pem")
    certificate: Path = Path("tls/broker.pem")
    key: Path = Path("tls/broker.key")


class AuthoritySettings(_Table):
    """The TLS authority, needed for admitting nodes; its key may be kept elsewhere.

    Attributes:
        since: How many decisions the log had when it took the place of another one: nodes that were
            admitted before were given only that. Written by `broker tls authority add`.
    """

    certificate: Path = Path("tls/ca.pem")
    key: Path = Path("authority/ca.key")
    since: int = Field(default=0, ge=0)


class SignerSettings(_Table):
    """Which keys sign: URIs such as `file:keys/message.pem`."""

    message: str = Field(default="file:keys/message.pem", repr=False)
    operator: str = Field(default="file:keys/operator.pem", repr=False)


class DatabaseSettings(_Table):
    """Where everything is kept.

    Attributes:
        path: A file, unless there is a server.
        url: Of a database on a server.
        shared: Whether other brokers decide on the same database; for a server alone.
    """

    path: Annotated[Path, BeforeValidator(_named)] = Path("broker.sqlite")
    url: Annotated[str, AfterValidator(server_url)] = Field(default="", repr=False)
    shared: bool = False

    @model_validator(mode="after")
    def _shared_on_a_server(self) -> Self:
        if self.shared and not self.url:
            raise ValueError("shared: a file has one broker; name a server in database.url")
        return self

    @property
    def books(self) -> "Books":
        """The database as it is opened. What lies beside a file lies beside the settings otherwise."""
        from broker.store.engines import Books

        return Books(self.path.with_name(_BESIDE) if self.url else self.path, self.url)


class LimitSettings(_Table):
    """What one node and all nodes together may ask for."""

    rate_per_second: float = Field(default=protocol_limits.RATE_PER_SECOND, gt=0, le=1e6)
    burst: int = Field(default=protocol_limits.RATE_BURST, ge=1, le=1_000_000)
    calls: int = Field(default=limiting.MAX_CALLS, ge=1, le=1_000)
    calls_per_node: int = Field(default=limiting.MAX_CALLS_PER_NODE, ge=1, le=1_000)
    streams_per_node: int = Field(default=limiting.MAX_STREAMS_PER_NODE, ge=1, le=100)
    queue: int = Field(default=5_000, ge=1, le=_MAX_QUEUE)
    queue_per_node: int = Field(default=1_000, ge=1, le=_MAX_QUEUE)


class ClerkSettings(_Table):
    """How the clerk forms groups of messages that are committed together."""

    max_group: int = Field(default=128, ge=1, le=_MAX_GROUP)
    pacing_ms: float = Field(default=2.0, ge=0, le=_MAX_PACING_MS)


class TransactionSettings(_Table):
    """Rules of the network that are not rules of the regime."""

    lifetime_hours: int = Field(default=24, ge=1, le=_HOURS)
    rulebooks: tuple[str, ...] = ("paris",)


class LogSettings(_Table):
    """How the broker reports what it does."""

    format: LogFormat = LogFormat.AUTO
    level: LogLevel = LogLevel.INFO


class BrokerSettings(_Table):
    """All settings; every path in it is absolute."""

    node_id: Annotated[str, AfterValidator(expected_by(partial(parse_node_id, where="node_id")))]
    network_id: Annotated[
        str, AfterValidator(expected_by(partial(parse_network_id, where="network_id")))
    ]
    test_network: bool
    server: ServerSettings = ServerSettings()
    tls: TlsSettings = TlsSettings()
    authority: AuthoritySettings = AuthoritySettings()
    signers: SignerSettings = SignerSettings()
    database: Annotated[DatabaseSettings, BeforeValidator(_database)] = DatabaseSettings()
    limits: LimitSettings = LimitSettings()
    clerk: ClerkSettings = ClerkSettings()
    transactions: TransactionSettings = TransactionSettings()
    log: LogSettings = LogSettings()

    @property
    def tls_files(self) -> "TlsFiles":
        """The TLS files as the servers take them."""
        from itmo.runtime.rpc.tls import TlsFiles

        return TlsFiles(self.tls.ca, self.tls.certificate, self.tls.key)

    @property
    def call_limits(self) -> CallLimits:
        """The limits as the guard of the server takes them."""
        return CallLimits(
            rate_per_second=self.limits.rate_per_second,
            burst=self.limits.burst,
            calls=self.limits.calls,
            calls_per_node=self.limits.calls_per_node,
            streams_per_node=self.limits.streams_per_node,
        )

    @property
    def transaction_lifetime(self) -> timedelta:
        """How long a proposal waits before it times out."""
        return timedelta(hours=self.transactions.lifetime_hours)


def load_settings(path: Path, environment: Mapping[str, str]) -> BrokerSettings:
    """Reads the settings; a file with a secret that exists is its owner's alone.

    Args:
        path: `broker.toml`.
        environment: The variables of the process.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, saying which setting is wrong, where and why.
    """
    settings = FILE.load(BrokerSettings, path.parent, environment)
    uris = {
        name: _absolute_uri(getattr(settings.signers, name), path.parent.absolute())
        for name in SignerSettings.model_fields
    }
    signers = settings.signers.model_copy(update=uris)
    settings = settings.model_copy(update={"signers": signers})
    _check_places(settings, path)
    return settings


def _absolute_uri(uri: str, directory: Path) -> str:
    relative = uri.removeprefix(_FILE_SCHEME)
    if uri.startswith(_FILE_SCHEME) and not relative.startswith("/"):
        return (directory / unquote(relative)).as_uri()
    return uri


def _check_places(settings: BrokerSettings, path: Path) -> None:
    if len(str(settings.server.operator_socket).encode()) > MAX_SOCKET_PATH:
        raise wrong(
            "server.operator_socket",
            path,
            f"is longer than {MAX_SOCKET_PATH} bytes with its directory; choose a shorter path",
        )
    # One that is missing is found out by whoever needs it; the authority's key may be away.
    opened = {
        setting: str(file)
        for setting, file in secret_files(settings).items()
        if file.exists() and file.stat().st_mode & _OPEN_TO_OTHERS
    }
    if opened:
        (setting, file), *more = opened.items()
        also = f", as is {', '.join(each for _, each in more)}" if more else ""
        raise wrong(
            setting, path, f"names {file}, which is open to group or others{also}; set it to 0600"
        )


def secret_files(settings: BrokerSettings) -> dict[str, Path]:
    """Files with secrets, by the setting that names them."""
    named = {"tls.key": settings.tls.key, "authority.key": settings.authority.key}
    for name in SignerSettings.model_fields:
        file = key_file(getattr(settings.signers, name))
        if file is not None:
            named[f"signers.{name}"] = file
    return named
