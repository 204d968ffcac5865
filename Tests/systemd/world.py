"""The container with everything that the daemon meets: exchanges, a name server, users, bots."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from container import Container
from support import ROOT, Failure, wait_until

T = TypeVar("T")

EXCHANGES = ["binance", "bitget", "bybit", "okx"]
CONFIG = "/etc/exchange-clock/exchange-clock.toml"
SOCKET = "/run/exchange-clock/exchange-clock.sock"
PAGE = "/run/exchange-clock/clock.page"
STATE = "/var/lib/exchange-clock/state.json"
SECONDS = 60
"""A deadline for slow machines."""

# A limit that a few lines reach: no line of the daemon may be dropped for it.
JOURNAL = "[Journal]\nStorage=volatile\nRateLimitIntervalSec=1h\nRateLimitBurst=1\n"
SIMULATOR = """[Unit]
After=test-dns.service
[Service]
ExecStart=/usr/bin/exchange-clock-sim run --port-file /run/test-sim/ports.json \\
  --tls-cert /etc/test-chain.pem --tls-key /etc/test-key.pem EXCHANGES
RuntimeDirectory=test-sim
"""
DNS = f"[Service]\nExecStart=/usr/bin/python3 {ROOT}/Tests/systemd/dns.py\n"


class World:
    """Until `install` nothing of the package is in the container."""

    def __init__(self, stack: contextlib.ExitStack, package: Path) -> None:
        self.package = package
        exchanges = " ".join(f"--exchange {id}:forward_ms=3,return_ms=3" for id in EXCHANGES)
        files = {
            "/etc/systemd/journald.conf.d/test.conf": JOURNAL,
            "/etc/systemd/system/test-sim.service": SIMULATOR.replace("EXCHANGES", exchanges),
            "/etc/systemd/system/test-dns.service": DNS,
            "/etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:2\n",
            "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        }
        files |= certificate()
        self.container = stack.enter_context(Container(files))
        self.run = self.container.run
        self.run("useradd --system member && useradd --system stranger")

    exchanges = EXCHANGES

    # MARK: What a test does

    def install(self) -> None:
        self.run(f"dpkg -i {self.package}", timeout=300)

    def start_exchanges(self) -> None:
        self.run("systemctl start test-dns test-sim")
        self.wait(lambda: self.call("test -s /run/test-sim/ports.json") == 0, "exchanges listen")
        ports = json.loads(self.run("cat /run/test-sim/ports.json"))
        self.control = ports["control_url"]
        self.urls = {
            each["id"]: re.sub("//[^:/]+", f"//{each['id']}.exchange.test", each["url"])
            for each in ports["exchanges"]
        }

    def configuration(self, ids: list[str], more: str = "") -> str:
        return (
            f'ca_file = "/etc/test-ca.pem"\n{more}'
            + "".join(f'[exchanges.{id}]\nbase_url = "{self.urls[id]}"\n' for id in ids)
        )

    def configure(self, ids: list[str] = EXCHANGES, more: str = "") -> None:
        self.container.write(CONFIG, self.configuration(ids, more))

    def resync(self, exchange: str = "") -> None:
        """Once more, as soon as the budget of probes allows it."""
        self.wait(
            lambda: self.call(f"exchange-clock resync {exchange}") == 0,
            f"{exchange or 'all'} can be resynced",
        )

    def fail(self, exchange: str) -> None:
        """Demands resyncs until one has failed."""
        def has_failed() -> bool:
            self.call(f"exchange-clock resync {exchange}")
            return self.states().get(exchange) == "holdover"

        self.wait(has_failed, f"{exchange} is in holdover")

    def set(self, exchange: str, conditions: str) -> None:
        self.run(f"exchange-clock-sim set --control {self.control} {exchange} {conditions}")

    def restart_anew(self) -> None:
        """With nothing known from before, and no failure counted."""
        self.run(f"systemctl stop exchange-clockd && rm -f {STATE} && systemctl reset-failed"
                 " exchange-clockd; systemctl start exchange-clockd")

    # MARK: What a test sees

    def call(self, command: str, user: str | None = None) -> int:
        return self.container.call(command, user).returncode

    def ask(self, *words: str) -> Any:
        return json.loads(self.run(f"exchange-clock --json {' '.join(words)}"))

    def states(self) -> dict[str, str]:
        with contextlib.suppress(Failure):
            return {each["exchange"]: each["state"] for each in self.ask("status")["offsets"]}
        return {}

    def probes(self, exchange: str) -> int:
        """Sent to it since it was started."""
        status = json.loads(self.run(f"exchange-clock-sim status --json --control {self.control}"))
        return next(
            each["counters"]["time_requests"]
            for each in status if each["id"] == exchange
        )

    def show(self, property: str, unit: str = "exchange-clockd") -> str:
        return self.run(f"systemctl show --value --property {property} {unit}").strip()

    def entries(self, *matches: str, after: float = 0) -> list[dict[str, str]]:
        """Of the journal, those written after that instant of this host's clock."""
        self.run("journalctl --sync")
        # Not by its own option: that skips an entry where the matches leave out the cursor's.
        text = self.run(f"journalctl -q -o json {' '.join(matches)}")
        entries = [json.loads(line) for line in text.splitlines()]
        return [each for each in entries if int(each["__REALTIME_TIMESTAMP"]) > after * 1e6]

    def wait(self, question: Callable[[], T], hope: str) -> T:
        try:
            return wait_until(question, SECONDS, hope)
        except Failure as failure:
            raise Failure(
                f"{failure}\n{self.run('systemctl status --no-pager exchange-clockd', check=False)}"
                + self.run("journalctl -q -n 30 -u exchange-clockd", check=False)
            ) from None

    def wait_synchronized(self, ids: list[str] = EXCHANGES) -> None:
        self.wait(
            lambda: self.states() == dict.fromkeys(ids, "synchronized"),
            f"{', '.join(ids)} are synchronized",
        )


def certificate() -> dict[str, str]:
    """An authority, and a chain and its key for every name below exchange.test."""
    with tempfile.TemporaryDirectory() as name:
        subprocess.run(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
              -subj /CN=test -keyout ca.key -out ca.pem -addext keyUsage=keyCertSign
            openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x \
              -keyout key.pem -out request.pem
            printf 'subjectAltName=DNS:*.exchange.test' > extensions
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
              -extfile extensions -out chain.pem
            """,
            cwd=name, shell=True, check=True, capture_output=True,
        )
        return {
            f"/etc/test-{part}.pem": (Path(name) / f"{part}.pem").read_text()
            for part in ("ca", "chain", "key")
        }
