"""Where the commands of one page are run, one block after the other, as a reader would."""

from __future__ import annotations

import itertools
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from pages import ROOT, Block

BUILD = (ROOT / os.environ.get("EXCHANGE_CLOCK_BUILD", ".build/release")).resolve()
SERVERS = re.compile(r"(\S*/)?exchange-clockd\b|exchange-clock-exporter|exchange-clock-sim run|exchange-clock watch")
PORTS = ("8700", "8701", "9847")
"""Those that the pages name; each stands for a free one here."""
SOCKET = "/run/exchange-clock/exchange-clock.sock"
INSTALLED = "/usr/share/exchange-clock/"
"""Where the package has the clients; the tree has them here."""
SBIN = "/usr/sbin/"
"""Where the package has the daemon: not in the PATH of an ordinary user of Debian."""
SECONDS = 60
MAKE = """#!/bin/sh
# Stands in for make, which a test may not begin anew: whether there is such a target.
for target; do
  case $target in -*|*=*) continue;; esac
  grep -Eq "^[a-z -]*\\b$target( [a-z -]*)?:" ROOT/Makefile || { echo "make: no target $target" >&2; exit 2; }
done
"""


def installed(directory: Path) -> tuple[Path, Path]:
    """The programs in a bin and a sbin of their own, each where `make install` puts it."""
    rules = re.findall(
        r"install -D -m 755 \S+/(\S+)\s+(?:\\\s+)?\"\$\(DESTDIR\)\$\(PREFIX\)/(\w+)/",
        (ROOT / "Makefile").read_text())
    places = {"bin": directory / "usr/bin", "sbin": directory / "usr/sbin",
              "libexec": directory / "usr/libexec/exchange-clock"}
    for place in places.values():
        place.mkdir(parents=True)
    for program, place in rules:
        (places[place] / program).symlink_to(BUILD / program)
    assert (places["sbin"] / "exchange-clockd").exists(), "the Makefile installs it elsewhere"
    return places["bin"], places["sbin"]


class Session:
    """A directory with the tree in it, a shell's environment, and programs that stay until the end."""

    def __init__(self, directory: Path, daemon_socket: Path) -> None:
        self.directory = directory
        self._servers: list[tuple[str, subprocess.Popen[bytes], Path]] = []
        tools = directory / "tools"
        tools.mkdir()
        (tools / "make").write_text(MAKE.replace("ROOT", str(ROOT)))
        (tools / "make").chmod(0o755)
        bin, sbin = installed(directory)
        for entry in ("clients", "config", "demo", "docs", "packaging", "Sources"):
            (directory / entry).symlink_to(ROOT / entry)
        self._replaced = {port: str(free_port()) for port in PORTS} | {
            SOCKET: str(daemon_socket), INSTALLED: f"{ROOT}/", SBIN: f"{sbin}/"}
        self._environment = os.environ | {
            "PATH": ":".join([str(tools), str(bin), *(
                part for part in os.environ["PATH"].split(":")
                if not part.rstrip("/").endswith("/sbin"))]),
            "EXCHANGE_CLOCK_SOCKET": str(daemon_socket),
            "USER": "nobody",
        }
        # A page that wants a client says how to get it.
        self._environment.pop("PYTHONPATH", None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _, process, _ in self._servers:
            process.terminate()
        for _, process, _ in self._servers:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def here(self, text: str) -> str:
        """A page's text with what stands for something of this session."""
        # All at once: what stands for one port may have the digits of another in it.
        known = "|".join(re.escape(shown) for shown in self._replaced)
        return re.sub(known, lambda found: self._replaced[found[0]], text)

    def run_shell(self, block: Block) -> None:
        """Programs that serve are begun and left; all else is a script, which stops at a failure."""
        for is_server, group in itertools.groupby(
            commands(self.here(block.text)), key=lambda command: bool(SERVERS.match(command))
        ):
            if is_server:
                for command in group:
                    self._begin(command, block)
            else:
                self.run(["bash", "-euo", "pipefail", "-c", "\n".join(group)], block)

    def run(self, command: list[str], block: Block, text: str = "", status: set[int] = {0}) -> str:
        try:
            done = subprocess.run(
                command, cwd=self.directory, env=self._environment, input=text, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
        finally:
            # What was to serve and does not is the reason of all else.
            for name, process, output in self._servers:
                if process.poll() is not None:
                    raise AssertionError(f"{block.place}: {name} has ended: {output.read_text()}")
        if done.returncode not in status:
            raise AssertionError(
                f"{block.place} ends with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _begin(self, command: str, block: Block) -> None:
        if command == "exchange-clock-exporter":
            # Its own port may be taken, by a daemon that this host has.
            command += self.here(" --listen 127.0.0.1:9847")
        output = self.directory / f"server-{len(self._servers)}.output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self.directory, env=self._environment,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                start_new_session=True)
        self._servers.append((command, process, output))
        deadline = time.monotonic() + SECONDS
        while not output.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{block.place}: {command} says nothing, or ends at once")
            time.sleep(0.01)


def commands(text: str) -> list[str]:
    """The commands of a block, each on one line, comments left out where they are the rest of it."""
    joined = re.sub(r"\\\n\s*", " ", text)
    found = [re.sub(r"(^|\s+)# .*$", "", line).strip() for line in joined.splitlines()]
    return [line for line in found if line]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def note(text: str) -> None:
    """A line for whoever reads the test's output."""
    print(f"    {text}", file=sys.stderr, flush=True)
