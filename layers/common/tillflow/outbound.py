"""Calls of addresses that other people configured, such as suppliers' webhooks.

An address may be wrong or hostile, so a call is restricted: https only, no redirects, public addresses only, one
deadline for the whole call, a limit on the size of the response. The host is resolved once and the connection goes to
the address that was checked, so that a second resolution cannot lead elsewhere. LOCAL_ADDRESSES=allow in the
environment of a stack on one machine permits http and loopback addresses.
"""

import contextlib
import http.client
import ipaddress
import os
import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from tillflow.errors import DomainError, InvalidRequest

DEADLINE_SECONDS = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
MAX_URL_LENGTH = 1024
_CHUNK = 8192
_IPV6_UNICAST = ipaddress.IPv6Network("2000::/3")


class CallFailed(DomainError):
    """An outgoing call had no effect that is known of: no connection, no response in time, or a status outside 2xx."""

    retried = True
    cashier_message = "The other side does not respond. Try again."

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"call of {host} failed: {reason}")


@dataclass(frozen=True, slots=True)
class Response:
    """The response of a call; its status is 2xx."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Address:
    scheme: str
    host: str
    port: int
    path: str


def check_url(url: str, field: str = "address") -> None:
    """Raise InvalidRequest unless an address may be called: an https URL of a host, without credentials.

    Whether the addresses of a host's name are public is checked by each call: they may change.
    """
    _parsed(url, field)


def leads_inside(url: str) -> bool:
    """Return whether the host of a URL is an address that is not public, in any form that a resolver reads.

    `https://2130706433/` and `https://0x7f.1/` are 127.0.0.1 too. False for a name other than localhost, and for every
    host where local addresses are allowed.
    """
    if _local_allowed():
        return False
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    literal = _literal(host)
    return literal is not None and not _is_public(literal)


def _literal(host: str) -> str | None:
    """Return a host that is an address in its usual form; None for a name."""
    with contextlib.suppress(OSError):
        return socket.inet_ntoa(socket.inet_aton(host))
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    return None


def post(url: str, body: bytes, headers: Mapping[str, str], deadline: float = DEADLINE_SECONDS) -> Response:
    """POST a body and return the response. InvalidRequest for an address that may not be called; CallFailed.

    deadline: seconds for the whole call: resolving, connecting, sending and reading.
    """
    address = _parsed(url, "address")
    ends = time.monotonic() + deadline
    resolved = _public_address(address, deadline)
    seconds_left = max(ends - time.monotonic(), 0.001)
    connection = _Connection(address, resolved, seconds_left)
    watchdog = threading.Timer(seconds_left, connection.abort)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", address.path, body, {**headers, "Host": _host_header(address)})
        response = connection.getresponse()
        content = _read(response, address.host)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        late = time.monotonic() >= ends
        reason = _late(deadline) if late else f"{type(failure).__name__}: {failure}"
        raise CallFailed(address.host, reason[:200]) from None
    finally:
        watchdog.cancel()
        connection.close()
    if not 200 <= response.status < 300:
        raise CallFailed(address.host, f"status {response.status}")
    return Response(response.status, content)


def _parsed(url: str, field: str) -> _Address:
    local = _local_allowed()
    schemes = ("https", "http") if local else ("https",)
    accepted = f"an {'http or https' if local else 'https'} URL of at most {MAX_URL_LENGTH} characters"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidRequest(field, url, accepted) from None
    printable = url.isascii() and url.isprintable() and " " not in url
    if not printable or len(url) > MAX_URL_LENGTH or parts.scheme not in schemes or not parts.hostname:
        raise InvalidRequest(field, url, accepted)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidRequest(field, "(hidden)", f"{accepted}, without user, password and fragment")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Address(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def _late(deadline: float) -> str:
    return f"no response within {deadline:g} s"


def _public_address(address: _Address, deadline: float) -> str:
    """Resolve a host and return one of its addresses. CallFailed if any of them is not public.

    One private address among public ones is how a name is made to lead inside after it was checked.
    """
    resolved = _resolve(address, deadline)
    if not _local_allowed() and not all(_is_public(one) for one in resolved):
        raise CallFailed(address.host, "it is not a public address")
    return resolved[0]


def _resolve(address: _Address, deadline: float) -> list[str]:
    """Return the addresses of a host, CallFailed if it has none or the deadline passes.

    The system's resolver cannot be interrupted: it runs in a thread, which is left to its own timeout.
    """
    resolved: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def run() -> None:
        addresses: list[str] = []
        with contextlib.suppress(OSError, UnicodeError):
            records = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            addresses = [str(one[4][0]) for one in records]
        resolved.put(addresses)

    threading.Thread(target=run, daemon=True).start()
    try:
        addresses = resolved.get(timeout=deadline)
    except queue.Empty:
        raise CallFailed(address.host, _late(deadline)) from None
    if not addresses:
        raise CallFailed(address.host, "the host does not resolve")
    return addresses


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour
        # Outside of unicast, other forms lead to IPv4 addresses inside too: NAT64, for example.
        if embedded is None and address not in _IPV6_UNICAST:
            return False
        address = embedded or address
    return address.is_global and not address.is_multicast


def _local_allowed() -> bool:
    return os.environ.get("LOCAL_ADDRESSES") == "allow"


def _host_header(address: _Address) -> str:
    default = 443 if address.scheme == "https" else 80
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port == default else f"{host}:{address.port}"


def _read(response: Any, host: str) -> bytes:
    content = b""
    while chunk := response.read(_CHUNK):
        content += chunk
        if len(content) > MAX_RESPONSE_BYTES:
            raise CallFailed(host, f"the response has more than {MAX_RESPONSE_BYTES} bytes")
    return content


@cache
def _tls() -> ssl.SSLContext:
    """The TLS settings, made by the first call: reading the certificates takes a tenth of a second."""
    return ssl.create_default_context()


class _Connection(http.client.HTTPConnection):
    """A connection to a checked address, with TLS for the host's own name."""

    def __init__(self, address: _Address, resolved: str, deadline: float) -> None:
        super().__init__(address.host, address.port, timeout=deadline)
        self._address = address
        self._resolved = resolved
        self._aborted = False

    def connect(self) -> None:
        self._use(socket.create_connection((self._resolved, self._address.port), self.timeout))
        if self._address.scheme == "https":
            host = self._address.host
            # The handshake follows once `abort` has the new socket: wrapping detaches the one before.
            tls = _tls().wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
            self._use(tls)
            tls.do_handshake()

    def abort(self) -> None:
        """Break the connection off, whatever it is doing: a slow sender cannot exceed the deadline."""
        self._aborted = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # The method of a TLS socket would also drop its session, which the other thread uses.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _use(self, connected: socket.socket) -> None:
        """Use a socket from now on; TimeoutError if the deadline has passed meanwhile."""
        self.sock = connected
        if self._aborted:
            raise TimeoutError
