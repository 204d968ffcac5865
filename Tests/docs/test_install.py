"""The client as a package's user installs it: the tree is root's, and the user is nobody special."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from pages import DOCS, ROOT, blocks
from session import INSTALLED


class InstallTests(unittest.TestCase):
    def test_an_ordinary_user_installs_the_client(self) -> None:
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            print("\nSKIPPED: the client installed by an ordinary user: needs root, to become nobody",
                  file=sys.stderr)
            self.skipTest("not root")
        [block] = [b for b in blocks(DOCS / "quick-start.md") if b.word.startswith("nobody")]
        directory = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
        directory.chmod(0o755)
        clients = directory / "clients"
        shutil.copytree(ROOT / "clients" / "python", clients / "python",
                        ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
        home = directory / "home"
        home.mkdir()
        shutil.chown(home, "nobody", "nogroup")
        before = sorted(clients.rglob("*"))
        done = subprocess.run(
            ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "bash", "-euc",
             block.text.replace(INSTALLED, f"{directory}/")
             + "cd /; $OLDPWD/bot-venv/bin/python -c 'import exchange_clock'\n"],
            cwd=home, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400,
            env={name: value for name, value in os.environ.items()
                 if name.lower().endswith("_proxy") or name.startswith(("PIP_", "SSL_"))}
            | {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(sorted(clients.rglob("*")), before)


if __name__ == "__main__":
    unittest.main()
