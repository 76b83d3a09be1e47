"""Disks that are full, and files that not even root may write."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: the system call that fails is the one that a full disk fails."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder: Path, room: int) -> Iterator[None]:
    """Make `folder` a disk of so many bytes, in whole pages of 4096: a real one where root may mount it."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(folder)]
    root = os.geteuid() == 0 and shutil.which("mount") is not None
    mounted = root and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        with nullcontext() if mounted else full_disk(room):
            yield
    finally:
        if mounted:
            subprocess.run(["umount", folder], check=True)


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Let permission bits bind this thread, and those that it starts, even if root runs it.

    Linux lets root past them by two capabilities of the thread, which are put aside: see capabilities(7), capget(2).
    """
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None)
    version_and_thread, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()  # effective comes first
    if libc.capget(version_and_thread, sets):
        pytest.skip("root cannot be bound here")
    before = sets[0]
    sets[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert libc.capset(version_and_thread, sets) == 0
    try:
        yield
    finally:
        sets[0] = before
        assert libc.capset(version_and_thread, sets) == 0
