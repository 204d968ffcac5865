"""A group of processes whose memory is limited, in either version of the kernel's cgroups.

Only one of them has the controller of memory. Version 2 hands it down from group to group, and
beside its root no group that holds processes may do so: then a group above this process's own has
to.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
OWN = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class Place:
    """A group in which another one could be made."""

    parent: Path
    version: int


@dataclass(frozen=True)
class MemoryGroup:
    path: Path

    @property
    def processes(self) -> Path:
        return self.path / "cgroup.procs"

    def used(self) -> str:
        """With the page cache; version 2 keeps the most since Linux 5.19."""
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            if (self.path / name).exists():
                return f"{self._kib(name)} KiB at most"
        return f"{self._kib('memory.current')} KiB at the end"

    def limit_to_what_is_used(self) -> int:
        """The new limit, bytes. Nothing is swapped out from then on."""
        used = self.path / "memory.usage_in_bytes"
        is_first = used.exists()
        if not is_first:
            used = self.path / "memory.current"
        limit = int(used.read_text())
        (self.path / ("memory.limit_in_bytes" if is_first else "memory.max")).write_text(str(limit))
        swap = self.path / ("memory.swappiness" if is_first else "memory.swap.max")
        if swap.exists():
            swap.write_text("0")
        return limit

    def times_full(self) -> int:
        """How often more was wanted than the limit, and had to be found."""
        count = self.path / "memory.failcnt"
        if count.exists():
            return int(count.read_text())
        events = (self.path / "memory.events").read_text().split()
        return int(events[events.index("max") + 1])

    def _kib(self, name: str) -> int:
        return int((self.path / name).read_text()) >> 10


@contextlib.contextmanager
def memory_group(limit_bytes: int) -> Iterator[MemoryGroup]:
    """Empty at first, gone with the block. Raises OSError with all reasons where none can be had.
    """
    reasons = []
    for place in places():
        with contextlib.ExitStack() as ends:
            try:
                group = _made(place, limit_bytes, ends)
            except OSError as error:
                reasons.append(f"{place.parent}: {error}")
                continue
            yield group
            return
    raise OSError("; ".join(reasons) or "no cgroups are mounted")


def places() -> Iterator[Place]:
    for line in MOUNTS.read_text().splitlines():
        mount, _, kind = line.partition(" - ")
        root, top = mount.split()[3:5]
        name, _, options = kind.split()
        if name == "cgroup" and "memory" in options.split(","):
            yield Place(Path(top), 1)
        elif name == "cgroup2":
            for parent in _own_and_above(Path(root)):
                yield Place(Path(top) / parent, 2)


def _own_and_above(root: Path) -> list[Path]:
    """This process's group of version 2 and those above it, relative to what is mounted."""
    own = next(line[3:] for line in OWN.read_text().splitlines() if line.startswith("0::"))
    if not Path(own).is_relative_to(root):
        return []
    path = Path(own).relative_to(root)
    return [path, *path.parents]


def _made(place: Place, limit_bytes: int, ends: contextlib.ExitStack) -> MemoryGroup:
    if place.version == 2:
        if "memory" not in (place.parent / "cgroup.controllers").read_text().split():
            raise OSError("it has no controller of memory")
        handed_down = place.parent / "cgroup.subtree_control"
        if "memory" not in handed_down.read_text().split():
            handed_down.write_text("+memory")
            ends.callback(handed_down.write_text, "-memory")
    group = place.parent / f"exchange-clock-test-{os.getpid()}"
    group.mkdir()
    ends.callback(group.rmdir)
    limit = "memory.limit_in_bytes" if place.version == 1 else "memory.max"
    (group / limit).write_text(str(limit_bytes))
    return MemoryGroup(group)
