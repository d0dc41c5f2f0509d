"""The address at which containers of this machine reach a stack."""

from __future__ import annotations

import fcntl
import socket
import struct
import sys

# Bridges of Docker and Podman. A container reaches the machine at the address of the bridge.
_BRIDGES = ("docker0", "podman0", "cni-podman0")
_SIOCGIFADDR = 0x8915


def bridge_address() -> str | None:
    """Return the address of the container bridge; None if there is none, as on systems other than Linux."""
    if sys.platform != "linux":
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for name in _BRIDGES:
            request = struct.pack("256s", name.encode())
            try:
                reply = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
            except OSError:
                continue
            return socket.inet_ntoa(reply[20:24])
    return None


def container_host(bridge: str | None) -> str | None:
    """Return the name or address of this machine for containers; None if they cannot reach it."""
    # Container engines of other systems run in a virtual machine that forwards this name to the loopback.
    return bridge if sys.platform == "linux" else "host.docker.internal"
