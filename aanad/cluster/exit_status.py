"""The exit status of a process that is nobody's child here, read from its pidfd (Linux 6.15 and newer)."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct

INFO = struct.Struct("=QQ11Ii")
"""``struct pidfd_info`` in its first version: mask, cgroup id, eleven ids and the exit code."""
PIDFD_INFO_EXIT = 1 << 3
PIDFD_GET_INFO = (3 << 30) | (INFO.size << 16) | (0xFF << 8) | 11
"""``_IOWR(0xFF, 11, struct pidfd_info)``."""
LIMIT_S = 3.0
POLL_S = 0.02


async def of(descriptor: int) -> int | None:
    """How a process that has ended did: its exit status, or minus the number of the signal.

    The kernel tells once its parent has reaped it, which takes Ray a moment. None where the kernel does not tell.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LIMIT_S
    while True:
        try:
            status = _read(descriptor)
        except OSError:
            return None
        if status is not None or loop.time() > deadline:
            return status
        await asyncio.sleep(POLL_S)


def _read(descriptor: int) -> int | None:
    buffer = bytearray(INFO.size)
    struct.pack_into("=Q", buffer, 0, PIDFD_INFO_EXIT)
    fcntl.ioctl(descriptor, PIDFD_GET_INFO, buffer)
    mask, *_, code = INFO.unpack(buffer)
    return os.waitstatus_to_exitcode(code) if mask & PIDFD_INFO_EXIT else None
