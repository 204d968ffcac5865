"""Runs inside the container, as a service: tries what the directives of a unit forbid, and prints
as JSON what came of each attempt: "allowed", or why not.

Nothing here could do harm where it is allowed.
"""

import ctypes
import errno
import json
import mmap
import os
import platform
import signal
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    """Raises OSError where the function returns -1."""
    if getattr(LIBC, name)(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def expect(fact: bool, otherwise: str) -> None:
    if not fact:
        raise PermissionError(otherwise)


def status(field: str) -> str:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{field}:"))


def is_writable(path: str) -> bool:
    return not os.statvfs(path).f_flag & os.ST_RDONLY


def set_a_time_that_cannot_be() -> None:
    """That is refused for its nanoseconds, before it is looked at who asks; by the library, too,
    so that this goes around it."""
    number = {"x86_64": 227, "aarch64": 112}[platform.machine()]
    try:
        call("syscall", number, 0, (ctypes.c_long * 2)(0, -1))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def make_memory_executable() -> None:
    with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC):
        pass


def lower_priority() -> None:
    """As the directive has it: not refused, but not done either."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, before + 1)
    expect(os.getpriority(os.PRIO_PROCESS, 0) == before + 1, "it was not done")


def become_traced() -> None:
    """In a child, which ends."""
    child = os.fork()
    if child == 0:
        try:
            call("ptrace", 0, 0, None, None)
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number != 0:
        raise OSError(abs(number), os.strerror(abs(number)))


def make_setuid() -> None:
    file = Path(os.environ["STATE_DIRECTORY"]) / "setuid"
    file.touch()
    try:
        file.chmod(0o4700)
    finally:
        file.unlink()


def own_file(change: Callable[[Path], None]) -> None:
    file = Path(os.environ["STATE_DIRECTORY"]) / "file"
    file.touch()
    try:
        change(file)
    finally:
        file.unlink()


def umask(file: Path) -> None:
    expect(bool(stat.S_IMODE(file.stat().st_mode) & 0o077), "others may not read a new file")


def shared_memory() -> None:
    """It is looked for once this has ended."""
    call("shmget", 0x4543, 4096, 0o1600)


def seen(path: str) -> Callable[[], None]:
    return lambda: expect(os.path.exists(path), f"{path} is not seen")


ATTEMPTS: dict[str, Callable[[], None]] = {
    "CapabilityBoundingSet": lambda: expect(int(status("CapBnd"), 16) != 0, "none is in it"),
    "NoNewPrivileges": lambda: expect(status("NoNewPrivs") == "0", "it is set"),
    "LockPersonality": lambda: call("personality", 0x0040000),
    "MemoryDenyWriteExecute": make_memory_executable,
    "PrivateDevices": seen("/dev/test-device"),
    "BindReadOnlyPaths": lambda: expect(is_writable("/dev/vmclock0"), "it is read-only"),
    "PrivateTmp": seen("/tmp/test-file"),
    "PrivateMounts": lambda: expect(
        os.readlink("/proc/self/ns/mnt") == sys.argv[2], "it has mounts of its own"),
    "ProcSubset": seen("/proc/meminfo"),
    "ProtectClock": set_a_time_that_cannot_be,
    "ProtectControlGroups": lambda: expect(is_writable("/sys/fs/cgroup"), "it is read-only"),
    "ProtectHome": seen("/home/test-file"),
    "ProtectHostname": lambda: expect(
        os.readlink("/proc/self/ns/uts") == sys.argv[1], "it has a host name of its own"),
    "ProtectKernelLogs": lambda: call("klogctl", 10, None, 0),
    "ProtectKernelModules": lambda: expect(
        bool(os.listdir("/usr/lib/modules")), "no module is seen"),
    "ProtectKernelTunables": lambda: expect(is_writable("/sys"), "it is read-only"),
    "ProtectProc": seen("/proc/1"),
    "ProtectSystem": lambda: expect(is_writable("/usr"), "it is read-only"),
    "RemoveIPC": shared_memory,
    "RestrictAddressFamilies": lambda: socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "RestrictNamespaces": lambda: call("unshare", 0x10000000),
    "RestrictRealtime": lambda: os.sched_setscheduler(
        0, os.SCHED_RR, os.sched_param(1)),  # type: ignore[call-arg]
    "RestrictSUIDSGID": make_setuid,
    "SystemCallFilter=@system-service": become_traced,
    "SystemCallFilter=~@privileged @resources": lambda: os.sched_setaffinity(
        0, os.sched_getaffinity(0)),
    "SystemCallFilter=~setpriority:0": lower_priority,
    "UMask": lambda: own_file(umask),
    "ProtectSystem, but for its own": lambda: own_file(lambda file: None),
    "RestrictAddressFamilies, but for its own": lambda: [
        socket.socket(family).close()
        for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
    ] and None,
}


def outcome(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except (OSError, ValueError) as error:
        return str(error)
    return "allowed"


if __name__ == "__main__":
    signal.alarm(20)
    print(json.dumps({name: outcome(attempt) for name, attempt in ATTEMPTS.items()}))
