"""Somebody who has the package, a clean Debian 12 and README.md: from its section on how to install to
a stamp in a bot. The Debian is none of this host's: systemd, sudo and Python are all that it has."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
import unittest
from pathlib import Path

from container import Container, Unavailable
from support import BASE, RELEASE, ROOT, Failure, lacks_debian_or, note, note_skip

from harness import Simulator  # noqa: E402  (its path is set by support)
from notes import own_directory  # noqa: E402  (its path, too)
from pages import Block, blocks  # noqa: E402  (its path, too)

HAS = "systemd-sysv dbus sudo python3"
"""What a Debian that somebody works on has, and an image for containers has not."""
USER = "newcomer"
GOAL_SECONDS = 300
AHEAD_MS = -3000
CONFIGURATION = "/etc/exchange-clock/exchange-clock.toml"


def section(title: str) -> list[Block]:
    """The blocks of README.md below a heading."""
    readme = ROOT / "README.md"
    lines = readme.read_text().splitlines()
    begin = lines.index(f"## {title}") + 1
    end = next(
        (number for number, line in enumerate(lines[begin:], begin) if line.startswith("## ")),
        len(lines))
    return [block for block in blocks(readme) if begin < block.line <= end]


class NewcomerTests(unittest.TestCase):
    def test_from_the_readme_alone_to_a_stamp_in_a_bot(self) -> None:
        directory = own_directory(self, lacks_debian_or("systemd-nspawn"))
        simulator = self.enterContext(
            Simulator(RELEASE, directory, {"binance": {"offset_ms": AHEAD_MS}}))
        try:
            self.container = self.enterContext(Container(self.files(simulator), debian(directory)))
        except Unavailable as unavailable:
            note_skip(f"{self.id()}: {unavailable}")
            self.skipTest(str(unavailable))
        self.run_as("root", "chmod 755 /usr/local/bin/editor")
        self.run_as("root", f"useradd --create-home --shell /bin/bash --groups sudo {USER}")
        self.run_as(USER, f"mkdir -p tree/.build && ln -s {ROOT}/.build/deb tree/.build/deb")
        begun = time.monotonic()
        self.install()
        self.look()
        stamp = self.bot()
        seconds = time.monotonic() - begun
        note(f"from README.md to a stamp in a bot, after the build: {seconds:.0f} s, goal"
             f" {GOAL_SECONDS} s")
        self.assertAlmostEqual(stamp, time.time() * 1e3 + AHEAD_MS, delta=10_000)

    def files(self, simulator: Simulator) -> dict[str, str]:
        """Of the Debian that the newcomer has, and what the newcomer types in it."""
        return {
            "/etc/resolv.conf": Path("/etc/resolv.conf").read_text(),
            "/etc/sudoers.d/newcomer": f"{USER} ALL=(ALL) NOPASSWD: ALL\n",
            "/etc/apt/apt.conf.d/90newcomer": 'APT::Get::Assume-Yes "true";\n',
            # Which exchanges: one, and as there is no internet here, where it is.
            "/usr/local/bin/editor": '#!/bin/sh\ncat > "$1" <<END\n[exchanges.binance]\n'
                                     f'base_url = "{simulator.urls["binance"]}"\nEND\n',
        }

    def run_as(self, user: str, command: str) -> str:
        """In a login of its own, in that user's home."""
        return self.container.run(
            f"su - {user} -c {shlex.quote(command)}", timeout=GOAL_SECONDS)

    def install(self) -> None:
        """Each line of the block, in one shell, as it is typed."""
        [block, _] = section("Install")
        build = "make deb && "
        self.assertTrue(block.text.startswith(build))
        self.assertIn(f"{CONFIGURATION} ", block.text)
        printed = self.run_as(USER, f"cd tree && set -e\n{block.text.removeprefix(build)}")
        self.assertRegex(printed, r"binance +synchronized +-[23]\.\d+ s +(±|\+-)")

    def look(self) -> None:
        """From the next login on no sudo is needed."""
        self.assertRegex(self.run_as(USER, "exchange-clock stamp binance"), r"^\d{13}\n")
        with self.assertRaisesRegex(Failure, "not in the group|ermission"):
            self.run_as("nobody -s /bin/sh", "exchange-clock stamp binance")

    def bot(self) -> int:
        """The page names the client's file; the bot is the page's."""
        readme = (ROOT / "README.md").read_text()
        [place] = re.findall(r"The package has it in `([^`]+)`", readme)
        [bot] = section("Use it from Python")
        self.run_as(USER, f"mkdir bot && cp {place}/exchange_clock.py bot")
        printed = self.run_as(USER, f"cd bot && cat > bot.py <<'END'\n{bot.text}END\npython3 bot.py")
        return int(printed)


def debian(directory: Path) -> Path:
    """A root that nobody has worked on yet."""
    root = directory / "debian"
    root.mkdir()
    begun = time.monotonic()
    subprocess.run(["tar", "-xf", BASE, "-C", root], check=True)
    # As Debian's installer leaves it, lists of packages included.
    done = subprocess.run(
        ["systemd-nspawn", "--quiet", f"--directory={root}", "--register=no", "--keep-unit",
         "--pipe", "--resolv-conf=replace-host", "sh", "-ec",
         f"apt-get update -qq; apt-get install -qq -y --no-install-recommends {HAS}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                          "DEBIAN_FRONTEND": "noninteractive"})
    if done.returncode != 0:
        raise Failure(f"no Debian to begin with: apt-get ended with {done.returncode}:\n{done.stdout}")
    note(f"a Debian 12 with {HAS}: {time.monotonic() - begun:.0f} s")
    return root


if __name__ == "__main__":
    unittest.main()
