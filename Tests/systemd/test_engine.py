"""What the documentation has a container engine do, done by Debian's podman, which takes docker's
commands. The image is built as docs/fleet.md says, the daemon runs in it as in a Pod of the
DaemonSet, and bots in containers of their own ask it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import unittest
from typing import Any

import yaml
from support import RELEASE, ROOT, Failure, note, package, wait_until

sys.path.insert(0, str(ROOT / "Tests/docs"))

from harness import Simulator  # noqa: E402  (its path is set by support)
from notes import lacks_root_or, own_directory  # noqa: E402  (its path, too)
from pages import Block, all_blocks, blocks  # noqa: E402  (its path is set above)

BASE = ROOT / ".build/debian-12.tar"
"""A Debian 12 and its apt; `make test-systemd` makes it."""
RUNTIME = "/run/exchange-clock"
CONFIGURATION = """
[containers]
# No network is needed to ask the daemon, and none may be there to be had.
netns = "none"
# No more than this host's root may have itself.
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
# Debian's other runtime, crun, takes neither cgroups of both versions nor limits that stay.
runtime = "runc"
cgroup_manager = "cgroupfs"
"""
BOT = """
FROM registry.example/exchange-clock:0.1.0
USER 65534:65534
CMD ["exchange-clock", "stamp", "binance", "--json"]
"""
AHEAD_MS = 3000


def reason_against() -> str | None:
    """Why no image can be built here; None if one can."""
    if package() is None:
        return "there is no package; make deb makes it"
    if not BASE.exists():
        return f"there is no {BASE}; make test-systemd makes it"
    return lacks_root_or("podman", "runc")


def documented() -> list[Block]:
    return [block for block in all_blocks() if (block.mark, block.word) == ("run", "engine")]


class EngineTests(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = own_directory(self, reason_against())
        (self.directory / "containers.conf").write_text(CONFIGURATION)
        storage = self.directory / "storage"
        self.tool("docker", f"""exec podman --root {storage} --runroot {self.directory}/runroot \\
            --storage-driver overlay "$@" """)
        # The group of the daemon's Pod; this host has none.
        self.tool("getent", "echo exchange-clock:x:64123:")
        # Whatever a container has mounted there would outlive the directory.
        self.addCleanup(subprocess.run, ["umount", "-q", str(storage / "overlay")])
        self.shell(f"docker import -q {BASE} debian:12-slim")

    def tool(self, name: str, text: str) -> None:
        path = self.directory / "tools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def shell(self, command: str, status: set[int] = {0}) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command], cwd=self.directory, text=True, timeout=600,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {
                "PATH": f"{self.directory}/tools:{os.environ['PATH']}",
                "CONTAINERS_CONF": str(self.directory / "containers.conf")})
        if done.returncode not in status:
            raise Failure(f"{command} ends with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def test_the_image_the_daemon_in_it_and_bots_beside_it(self) -> None:
        self.build_the_image()
        simulator = self.enterContext(
            Simulator(RELEASE, self.directory, {"binance": {"offset_ms": AHEAD_MS}}))
        daemon = self.start_daemon(simulator.urls["binance"])
        ran = 0
        for block in documented():
            if block.language != "sh":
                continue
            with self.subTest(block.place):
                self.assertIn("my-bot", block.text)
                self.ask(block.text.replace(f"{RUNTIME}:{RUNTIME}:", f"{self.runtime}:{RUNTIME}:")
                         .replace(f"source={RUNTIME},", f"source={self.runtime},"))
                note(f"{block.place} run")
                ran += 1
        self.assertEqual(ran, 2)
        # A new daemon, and the same directory.
        self.shell(f"docker restart -t 20 {daemon}")
        self.shell(f"docker exec {daemon} exchange-clock wait --ready --timeout 60s")

    def build_the_image(self) -> None:
        """By the command that the Dockerfile's first line is."""
        [block] = [block for block in documented() if block.language == "dockerfile"]
        first = re.match(r"# (docker build .+)\n", block.text)
        assert first is not None, "the Dockerfile does not say how to build it"
        (self.directory / "Dockerfile").write_text(block.text)
        deb = package()
        assert deb is not None
        (self.directory / ".build/deb").mkdir(parents=True)
        shutil.copy(deb, self.directory / ".build/deb")
        begun = time.monotonic()
        self.shell(first[1])
        note(f"{block.place} built in {time.monotonic() - begun:.0f} s")
        (self.directory / "bot").write_text(BOT)
        self.shell("docker build -t my-bot -f bot .")

    def start_daemon(self, url: str) -> str:
        """As the DaemonSet has it, but for the network, where the simulated exchange is."""
        [manifest] = [
            document for block in blocks(ROOT / "docs/fleet.md") if block.language == "yaml"
            for document in yaml.safe_load_all(block.text) if document.get("kind") == "DaemonSet"
        ]
        pod = manifest["spec"]["template"]["spec"]
        [container] = [each for each in pod["containers"] if each["name"] == "daemon"]
        user = pod["securityContext"]
        security: dict[str, Any] = container["securityContext"]
        self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
        self.assertTrue(security["readOnlyRootFilesystem"])
        places = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
        options = []
        for name, path in places.items():
            place = self.directory / name
            place.mkdir()
            os.chown(place, user["runAsUser"], user["runAsGroup"])
            options.append(f"-v {place}:{path}")
        self.runtime = self.directory / "run"
        self.assertEqual(places["run"], RUNTIME)
        (self.directory / "config/exchange-clock.toml").write_text(
            f'[exchanges.binance]\nbase_url = "{url}"\n')
        name = "daemon"
        self.addCleanup(self.shell, f"docker rm -f -t 5 {name}")
        self.shell(
            f"docker run -d --name {name} --network host --read-only --cap-drop ALL"
            f" --security-opt no-new-privileges"
            f" --user {user['runAsUser']}:{user['runAsGroup']} {' '.join(options)}"
            f" {container['image']} {' '.join(container['command'])}")
        # What the kubelet asks, too.
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            command = f"docker exec {name} {' '.join(container[probe]['exec']['command'])}"
            try:
                wait_until(lambda: self.succeeds(command), 60, f"the {probe} succeeds")
            except Failure as failure:
                told = self.shell(f"docker logs {name}; {command} || true")
                raise Failure(f"{failure}:\n{told}") from None
        return name

    def succeeds(self, command: str) -> bool:
        return self.shell(f"{command} >/dev/null 2>&1 && echo yes || echo no") == "yes\n"

    def ask(self, command: str) -> None:
        before = time.time() * 1e3
        answer = json.loads(self.shell(command))
        after = time.time() * 1e3
        self.assertTrue(answer["guaranteed"])
        self.assertGreaterEqual(answer["timestamp"], before + AHEAD_MS - 100)
        self.assertLessEqual(answer["timestamp"], after + AHEAD_MS)
        # It is by the group that it may.
        shut_out = re.sub(r'--group-add "[^"]*"', "", command)
        self.assertNotEqual(shut_out, command)
        refusal = self.shell(shut_out, status={69})
        self.assertIn("ermission", refusal)
