"""Start and memory of the daemon beside chronyd's and a Python client's, in one container. Prints."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

from support import ROOT, note, note_skip
from world import EXCHANGES, STATE, World

ROUNDS = 5
CHRONY = ROOT / ".build/chrony"
"""Debian's package unpacked, by `make test-systemd`: not installed, as a host has one NTP daemon."""
VENV = ROOT / ".build/venv"


def report(world: World) -> None:
    note("")
    note(f"{'in one container':34}{'start to READY':>16}{'RSS':>11}{'PSS':>11}")
    restored = starts(world, "exchange-clockd")
    cold = starts(world, "exchange-clockd", f"rm -f {STATE}")
    world.wait_synchronized()
    busy = memory(world, int(world.show("MainPID")))
    # It looks every ten seconds whether there is something to do.
    world.wait(
        lambda: memory(world, int(world.show("MainPID")))[0] < busy[0] * 0.8, "it is at rest"
    )
    ours = memory(world, int(world.show("MainPID")))
    row(f"exchange-clockd, {len(EXCHANGES)} exchanges, TLS", cold, ours)
    row("  right after its first resyncs", None, busy)
    row("  with the state of before", restored, None)
    if CHRONY.exists():
        theirs = chronyd(world)
        note(f"RSS is {ours[0] / theirs[0]:.1f} times chronyd's (goal: 2.5)")
    else:
        note_skip(f"the comparison with chronyd: there is no {CHRONY}")
    if (VENV / "bin/python").exists():
        python = f"{VENV}/bin/python -c 'import ccxt, time; time.sleep(600)'"
        world.run(f"systemd-run --quiet --unit test-python {python}")
        pid = int(world.show("MainPID", "test-python"))
        world.wait(lambda: "nanosleep" in world.run(f"cat /proc/{pid}/wchan /proc/{pid}/syscall",
                                                    check=False)
                   or world.run(f"cat /proc/{pid}/stat").split()[2] == "S", "ccxt is imported")
        row("python3 that has imported ccxt", None, memory(world, pid))
        world.run("systemctl stop test-python")
    else:
        note_skip(f"the comparison with ccxt: there is no {VENV}")


def row(name: str, start_ms: float | None, memory: tuple[int, int] | None) -> None:
    start = f"{start_ms:10.0f} ms" if start_ms is not None else ""
    rss, pss = (f"{kib:7d} KiB" for kib in memory) if memory else ("", "")
    note(f"{name:34}{start:>16}{rss:>11}{pss:>11}")


def starts(world: World, unit: str, before: str = "true") -> float:
    """From the beginning of ExecStart to the word that it is ready; milliseconds, the median."""
    def start() -> float:
        world.run(f"systemctl stop {unit}; {before}; systemctl reset-failed {unit};"
                  f" systemctl start {unit}")
        # Not when its main process began: of one that forks that is known only once it is ready.
        begun = int(world.show("InactiveExitTimestampMonotonic", unit))
        return (int(world.show("ActiveEnterTimestampMonotonic", unit)) - begun) / 1000

    return statistics.median(start() for _ in range(ROUNDS))


def memory(world: World, pid: int) -> tuple[int, int]:
    """RSS and PSS, KiB."""
    rollup = world.run(f"cat /proc/{pid}/smaps_rollup")
    rss, pss = (re.findall(rf"^{name}: +(\d+) kB", rollup, re.MULTILINE)[0] for name in ("Rss", "Pss"))
    return int(rss), int(pss)


def chronyd(world: World) -> tuple[int, int]:
    """As Debian runs it, but that it leaves the clock alone, which is this host's."""
    world.container.write(
        "/etc/systemd/system/chrony.service.d/test.conf", "[Unit]\nConditionCapability=\n"
    )
    world.run(f"tar -C {CHRONY} -c . | tar -C / -x --keep-directory-symlink; useradd --system _chrony; mkdir -p /etc/chrony/conf.d"
              " /etc/chrony/sources.d /var/lib/chrony /var/log/chrony"
              " && cp /usr/share/chrony/chrony.conf /etc/chrony/ && chown _chrony /var/lib/chrony"
             " && echo 'DAEMON_OPTS=\"-F 1 -x\"' > /etc/default/chrony"
              " && systemctl daemon-reload")
    unit = "chrony"
    start = starts(world, unit)
    figures = memory(world, int(world.show("MainPID", unit)))
    row("chronyd", start, figures)
    world.run(f"systemctl stop {unit}")
    return figures
