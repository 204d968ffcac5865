"""A bot in a container: other mounts, processes and network, another user; only the daemon's runtime
directory is bound into it, read-only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from typing import Any

from support import BUILD, ROOT, Daemon, Simulator, note_skip

from notes import lacks_root_or, own_directory  # its path is set by support

GROUP = "nogroup"
MEMBER, STRANGER = "65534:65534", "65534:1"
"""User and group of a bot: one that may ask, and one that may not."""

ENTER = """
set -e
root=$1 runtime=$2 who=$3
shift 3
for each in usr proc run/exchange-clock; do mkdir -p "$root/$each"; done
for each in bin lib lib64; do
  if [ -L /$each ]; then ln -sfn usr/$each "$root/$each"
  elif [ -e /$each ]; then mkdir -p "$root/$each"; mount --bind /$each "$root/$each"; fi
done
mount --bind /usr "$root/usr"
mount --bind "$runtime" "$root/run/exchange-clock"
mount -o remount,bind,ro "$root/run/exchange-clock"
mount -t proc proc "$root/proc"
exec chroot --userspec="$who" --groups= "$root" "$@"
"""
"""What a container engine does, in short."""

BOT = """
import json, os, sys
sys.path.insert(0, "/bot")
import exchange_clock

def told(ask):
    try:
        return ask()._asdict()
    except exchange_clock.ExchangeClockError as error:
        return {"kind": error.kind, "reason": error.reason}

def report():
    page = told(lambda: exchange_clock.Page.open(path).now("binance"))
    print(json.dumps({
        "page": page,
        "socket": told(lambda: exchange_clock.connect(page=False).stamp("binance")),
        "fast": kept.page_refusal is None and kept._page is not None,
        "kept": told(lambda: kept.stamp("binance")),
        "user": [os.getuid(), os.getgid(), os.getgroups()], "processes": os.getpid(),
    }), flush=True)

path = exchange_clock.page_path(exchange_clock.STANDARD_SOCKET)
kept = exchange_clock.ExchangeClock()
report()
for line in sys.stdin:
    report()
"""
PYTHON = "/usr/bin/python3"


def reason_against() -> str | None:
    """Why no container can be made here; None if one can."""
    lacking = lacks_root_or("unshare", "chroot", PYTHON)
    if lacking is not None:
        return lacking
    with tempfile.TemporaryDirectory(prefix="exchange-clock-") as name:
        run = subprocess.run(
            ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "sh", "-c",
             f"mount --bind {name} {name} && mount -o remount,bind,ro {name}"
             f" && mount -t proc proc {name}"],
            capture_output=True, text=True, timeout=30)
    return None if run.returncode == 0 else f"namespaces are not allowed: {run.stderr.strip()}"


class ContainerTests(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = own_directory(self, reason_against())
        self.runtime = self.directory / "run"
        self.runtime.mkdir()
        # As the service has it.
        self.runtime.chmod(0o750)
        shutil.chown(self.runtime, group=GROUP)
        self.simulator = self.enterContext(
            Simulator(BUILD, self.directory, {"binance": {"offset_ms": -3000}}))
        self.daemon = self.start_daemon()

    def start_daemon(self) -> Daemon:
        daemon: Daemon = self.enterContext(
            Daemon(BUILD, self.runtime, self.simulator.urls,
                   first_lines=f'[socket]\nmode = "0660"\ngroup = "{GROUP}"\n'))
        daemon.wait_until_synchronized()
        return daemon

    def bot(self, who: str, *namespaces: str) -> Any:
        """A bot in a container; it tells what it sees, and again for each line that it gets."""
        root = self.directory / f"root-{len(list(self.directory.iterdir()))}"
        (root / "bot").mkdir(parents=True)
        for path in (root, root / "bot"):
            path.chmod(0o755)
        shutil.copy(ROOT / "clients" / "python" / "exchange_clock.py", root / "bot")
        bot = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child",
             *namespaces, "sh", "-c", ENTER, "enter", str(root), str(self.runtime), who,
             PYTHON, "-c", BOT],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"})
        self.addCleanup(self.end, bot)
        return bot

    @staticmethod
    def end(bot: Any) -> None:
        bot.kill()
        bot.wait()
        bot.stdin.close()
        bot.stdout.close()

    def truth_us(self) -> int:
        return int(self.simulator.look("binance")["time_us"])

    def check_times(self, told: Any) -> None:
        self.assertEqual(told["page"]["state"], "synchronized", told)
        self.assertLess(abs(told["page"]["estimate_us"] - self.truth_us()), 10_000_000)
        self.assertLess(abs(told["page"]["local_us"] - told["page"]["estimate_us"] - 3_000_000),
                        500_000)
        self.assertLess(abs(told["socket"]["unix_us"] - told["page"]["estimate_us"]), 5_000_000)

    def test_binding_the_runtime_directory_is_enough(self) -> None:
        bot = self.bot(MEMBER)
        told = json.loads(bot.stdout.readline())
        self.check_times(told)
        self.assertTrue(told["fast"])
        # It really is in there, and nobody special.
        self.assertEqual(told["user"], [65534, 65534, []])
        self.assertEqual(told["processes"], 1)

        # A new daemon has another socket, in the same directory.
        self.daemon.__exit__(None, None, None)
        self.start_daemon()
        bot.stdin.write("\n")
        bot.stdin.flush()
        told = json.loads(bot.stdout.readline())
        self.check_times(told)
        self.assertTrue(told["fast"])
        self.assertEqual(told["kept"]["exchange"], "binance")

    def test_who_is_not_in_the_group_is_kept_out(self) -> None:
        told = json.loads(self.bot(STRANGER).stdout.readline())
        self.assertEqual(told["page"]["kind"], "not_found")
        self.assertIn("Permission denied", told["page"]["reason"])
        self.assertEqual(told["socket"]["kind"], "unreachable")
        self.assertIn("Permission denied", told["socket"]["reason"])

    def test_with_another_monotonic_clock_the_socket_still_tells(self) -> None:
        """A time namespace moves CLOCK_MONOTONIC_RAW as well, which the page rests on."""
        unshared = ["--time", "--monotonic", "100000"]
        run = subprocess.run(
            ["unshare", *unshared, "--fork", "true"], capture_output=True, text=True, timeout=30)
        if run.returncode != 0:
            note_skip(f"{self.id()}: {run.stderr.strip()}")
            self.skipTest(run.stderr.strip())
        told = json.loads(self.bot(MEMBER, *unshared).stdout.readline())
        self.assertIn(told["page"]["kind"], ("clock_moved", "void"))
        self.assertEqual(told["socket"]["state"], "synchronized")
        self.assertEqual(told["kept"]["state"], "synchronized")


if __name__ == "__main__":
    unittest.main()
