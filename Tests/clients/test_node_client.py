"""The Node client against the real daemon: node_client.mjs does it, and is told when to go on."""

from __future__ import annotations

import os
import subprocess
import unittest
from pathlib import Path

from support import BUILD, ROOT, ClockTestCase, Daemon, node


class NodeClientTests(ClockTestCase):
    exchanges = {"binance": {"offset_ms": -3000.0}, "bybit": {}}

    def test_the_client(self) -> None:
        script = Path(__file__).parent / "node_client.mjs"
        program = subprocess.Popen(
            [node(self), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env=os.environ | {"EXCHANGE_CLOCK_SOCKET": str(self.daemon.socket)})
        self.addCleanup(program.kill)
        assert program.stdin is not None and program.stdout is not None
        done = False
        for line in program.stdout:
            if line == "step binance to -9 s\n":
                self.skew("binance", -9)
            elif line == "stop the daemon\n":
                self.daemon.__exit__(None, None, None)
            elif line == "start the daemon\n":
                self.daemon = self.enterContext(
                    Daemon(BUILD, self.daemon.socket.parent, self.simulator.urls))
                self.daemon.wait_until_ready()
            else:
                done = line == "done\n"
                break
            program.stdin.write("\n")
            program.stdin.flush()
        # Its stdin is not closed: an open connection alone would keep it alive.
        assert program.stderr is not None
        self.assertEqual(program.wait(30), 0, program.stderr.read())
        self.assertTrue(done)
        for stream in (program.stdin, program.stdout, program.stderr):
            stream.close()

    def test_the_package_says_where_things_are(self) -> None:
        program = (
            "const clock = require('./clients/node');"
            "import('./clients/node/exchange_clock.mjs').then((module) =>"
            " console.log(Object.keys(clock).every((name) => module[name] === clock[name])))"
        )
        run = subprocess.run(
            [node(self), "-e", program], capture_output=True, text=True, timeout=30, cwd=ROOT)
        self.assertEqual((run.stdout, run.stderr), ("true\n", ""))


if __name__ == "__main__":
    unittest.main()
