"""The initramfs of the guest: busybox, kernel modules, programs of this host with their libraries.

Written by hand in the format that the kernel reads (cpio "newc"), so that no root and no device
files are needed to make it.
"""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

COMMAND_PORT = 7001
"""Where the guest runs what a shell script that is sent there says."""
DAEMON_PORT = 7000
"""Where the guest's daemon is reached: its Unix socket, carried over TCP."""
PAGE_PORT = 7002
"""Where a program in the guest that has the C client is reached: it reads the daemon's page."""
READER = "ask"
"""That program."""
SOCKET = "/run/exchange-clock.sock"
MODULES = ("virtio_pci", "virtio_net", "button")
"""The network card, and the power button, which wakes a suspended guest."""

INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /dev /proc /sys /run /tmp
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules/order); do insmod "/modules/$module"; done
ip link set lo up
# No default route: nothing but the host itself can be reached.
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
socat TCP-LISTEN:{DAEMON_PORT},reuseaddr,fork UNIX-CONNECT:{SOCKET} &
socat TCP-LISTEN:{PAGE_PORT},reuseaddr,fork EXEC:"/bin/{READER} {SOCKET} 60000" &
socat TCP-LISTEN:{COMMAND_PORT},reuseaddr,fork EXEC:/bin/sh &
while :; do wait; sleep 1; done
"""


class Archive:
    """Collects files, then writes them with the directories that they need."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, int]] = {}

    def add(self, path: str, content: bytes, mode: int = 0o644) -> None:
        self._files[path.lstrip("/")] = (content, stat.S_IFREG | mode)

    def add_program(self, path: str, program: Path) -> None:
        """A program of this host, and the shared libraries that it says it needs."""
        self.add(path, program.read_bytes(), 0o755)
        for library in libraries(program):
            self.add(library, Path(library).read_bytes(), 0o755)

    def write(self, path: Path) -> None:
        parents = {str(each) for name in self._files for each in Path(name).parents} - {"."}
        entries: list[tuple[str, bytes, int]] = [
            (name, b"", stat.S_IFDIR | 0o755) for name in sorted(parents)
        ]
        entries += [(name, *self._files[name]) for name in sorted(self._files)]
        entries.append(("TRAILER!!!", b"", 0))
        with path.open("wb") as file:
            for number, (name, content, mode) in enumerate(entries, 1):
                # Inode, mode, owner, group, links, time, size, four device numbers, name, sum.
                fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
                header = b"070701" + b"".join(b"%08X" % each for each in fields)
                for part in (header + name.encode() + b"\0", content):
                    file.write(part + b"\0" * (-len(part) % 4))


def libraries(program: Path) -> list[str]:
    """The paths that the dynamic linker would load; none for a static program."""
    run = subprocess.run(["ldd", program], capture_output=True, text=True)
    missing = re.findall(r"(\S+) => not found", run.stdout)
    if missing:
        raise FileNotFoundError(f"{program} needs {', '.join(missing)}, not found on this host")
    return re.findall(r"(?:=> |^\s+)(/\S+) \(0x", run.stdout, re.MULTILINE)


def in_order(names: Iterable[str], modules: dict[str, Path]) -> list[str]:
    """The modules with those that they depend on, each after its dependencies."""
    order: list[str] = []
    for name in names:
        if name not in modules:  # Built into the kernel.
            continue
        found = re.search(rb"\0depends=([^\0]*)\0", modules[name].read_bytes())
        needed = found[1].decode().split(",") if found else []
        order += [each for each in in_order(filter(None, needed), modules) if each not in order]
        if name not in order:
            order.append(name)
    return order


def build(packages: Path, programs: Iterable[Path], path: Path) -> None:
    """Writes the image from unpacked packages of Debian; programs: what else goes to /bin."""
    archive = Archive()
    archive.add("init", INIT.encode(), 0o755)
    socat = shutil.which("socat")
    if socat is None:
        raise FileNotFoundError("socat is not installed; make test-clock installs it")
    for each in [packages / "bin/busybox", Path(socat), *programs]:
        archive.add_program(f"bin/{each.name}", each)
    modules = {
        each.stem.replace("-", "_"): each for each in packages.glob("lib/modules/*/kernel/**/*.ko")
    }
    order = in_order(MODULES, modules)
    for name in order:
        archive.add(f"modules/{name}.ko", modules[name].read_bytes())
    archive.add("modules/order", "".join(f"{name}.ko\n" for name in order).encode())
    archive.write(path)
