"""What the documentation has a container engine do, done by Debian's podman, which takes docker's
commands. The image is built as docs/fleet.md says, the daemon and the exporter run in it as in a Pod
of the DaemonSet, and bots in containers of their own ask the daemon.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import unittest
from collections.abc import Callable
from typing import Any

import yaml
from support import BASE, RELEASE, ROOT, Failure, lacks_debian_or, note, package, wait_until

from harness import Simulator  # noqa: E402  (its path is set by support)
from notes import own_directory  # noqa: E402  (its path, too)
from pages import Block, all_blocks, blocks  # noqa: E402  (its path, too)

COMPOSE = ROOT / ".build/venv/bin/podman-compose"
"""Takes docker-compose's files; Debian's is of before `group_add`."""
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
FROM IMAGE
USER 65534:65534
CMD ["exchange-clock", "stamp", "binance", "--json"]
"""
IMAGE = "registry.example/exchange-clock:0.1.0"
EXCHANGES = ["binance", "okx"]
AHEAD_MS = 3000


def reason_against() -> str | None:
    """Why no image can be built here; None if one can."""
    if not COMPOSE.exists():
        return f"there is no {COMPOSE}; make test-clients makes it"
    return lacks_debian_or("podman", "runc")


def documented() -> list[Block]:
    return [block for block in all_blocks() if (block.mark, block.word) == ("run", "engine")]


class EngineTests(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = own_directory(self, reason_against())
        (self.directory / "containers.conf").write_text(CONFIGURATION)
        storage = self.directory / "storage"
        for name in ("docker", "podman"):
            self.tool(name, f"""exec {shutil.which("podman")} --root {storage} --runroot {self.directory}/runroot \\
                --storage-driver overlay "$@" """)
        # The group of the daemon's Pod; this host has none.
        self.tool("getent", "echo exchange-clock:x:64123:")
        # Whatever a container has mounted there would outlive the directory. Lazily, as what ends the
        # last container may still look at it.
        self.addCleanup(
            subprocess.run, ["umount", "-q", "--lazy", "--recursive", str(storage / "overlay")])
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
            Simulator(RELEASE, self.directory, {id: {"offset_ms": AHEAD_MS} for id in EXCHANGES}))
        pod = self.start_pod(simulator.urls)
        self.check_exporter(pod["exporter"])
        ran = 0
        for block in documented():
            if block.language == "dockerfile":
                continue
            with self.subTest(block.place):
                self.assertIn("my-bot", block.text)
                text = block.text.replace(f"{RUNTIME}:{RUNTIME}:", f"{self.runtime}:{RUNTIME}:")
                text = text.replace(f"source={RUNTIME},", f"source={self.runtime},")
                if block.language == "yaml":
                    self.compose(text)
                else:
                    # It is by the group that it may.
                    self.ask(text, re.sub(r'--group-add "[^"]*"', "", text))
                note(f"{block.place} run")
                ran += 1
        self.assertEqual(ran, 3)
        # A new daemon, and the same directories.
        self.assertTrue((self.directory / "state/state.json").exists())
        self.shell(f"docker restart -t 20 {pod['daemon']}")
        self.shell(f"docker exec {pod['daemon']} exchange-clock wait --ready --timeout 60s")

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
        (self.directory / "bot").write_text(BOT.replace("IMAGE", IMAGE))
        self.shell("docker build -t my-bot -f bot .")

    def start_pod(self, urls: dict[str, str]) -> dict[str, str]:
        """As the DaemonSet has it, but for the network, where the simulated exchanges are; the
        containers by their names."""
        manifests = {
            document["kind"]: document for block in blocks(ROOT / "docs/fleet.md")
            if block.language == "yaml" for document in yaml.safe_load_all(block.text)
            if "kind" in document
        }
        spec = manifests["DaemonSet"]["spec"]["template"]["spec"]
        for volume in spec["volumes"]:
            # Root's at first, as the node's are.
            (self.directory / volume["name"]).mkdir()
        self.runtime = self.directory / "run"
        [(name, text)] = manifests["ConfigMap"]["data"].items()
        self.assertEqual(set(re.findall(r"^\[exchanges\.(\w+)\]$", text, re.M)), set(EXCHANGES))
        (self.directory / "config" / name).write_text(re.sub(
            r"^(\[exchanges\.(\w+)\])$",
            lambda table: f'{table[1]}\nbase_url = "{urls[table[2]]}"', text, flags=re.M))

        [init] = spec["initContainers"]
        # Of the same family as the image that is named, which is not to be had here.
        self.shell(
            f"docker run --rm --user {init['securityContext']['runAsUser']} {self.mounts(init)}"
            f" debian:12-slim {' '.join(init['command'])}")

        daemon, exporter = spec["containers"]
        names = {each["name"]: self.start(each, spec["securityContext"]) for each in (daemon, exporter)}
        # What the kubelet asks, too.
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            command = f"docker exec {names['daemon']} {' '.join(daemon[probe]['exec']['command'])}"
            try:
                wait_until(lambda: self.succeeds(command), 60, f"the {probe} succeeds")
            except Failure as failure:
                told = self.shell(f"docker logs {names['daemon']}; {command} || true")
                raise Failure(f"{failure}:\n{told}") from None
        return names

    def mounts(self, container: dict[str, Any]) -> str:
        return " ".join(
            f"-v {self.directory}/{each['name']}:{each['mountPath']}"
            + (":ro" if each.get("readOnly") else "")
            for each in container["volumeMounts"])

    def start(self, container: dict[str, Any], user: dict[str, int]) -> str:
        security: dict[str, Any] = container["securityContext"]
        self.assertEqual(
            security, {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]}})
        name: str = container["name"]
        # The exporter needs none to be asked in its own; its port is a fixed one.
        network = "host" if name == "daemon" else "none"
        self.addCleanup(self.shell, f"docker rm -f -t 5 {name}")
        self.shell(
            f"docker run -d --name {name} --network {network} --read-only --cap-drop ALL"
            f" --security-opt no-new-privileges --user {user['runAsUser']}:{user['runAsGroup']}"
            f" {self.mounts(container)} {container['image']} {' '.join(container['command'])}")
        return name

    def check_exporter(self, name: str) -> None:
        process = int(self.shell(f"docker inspect -f '{{{{.State.Pid}}}}' {name}"))
        inside = f"nsenter --target {process} --net"
        # The Pod's address.
        self.shell(f"{inside} ip address add 192.0.2.7/32 dev lo")

        def page(path: str) -> str:
            """As the kubelet and Prometheus ask for it."""
            return self.shell(
                f"{inside} curl -sS --max-time 10 http://192.0.2.7:9847{path} || true")

        wait_until(lambda: "exchange_clock" in page("/metrics"), 30, "the exporter answers")
        # By itself it would be seen from its own host only.
        self.shell(f"docker run -d --rm --name alone --network none {IMAGE} exchange-clock-exporter")
        self.addCleanup(self.shell, "docker rm -f -t 1 alone")
        asked = "docker exec alone perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(shift)'"
        wait_until(lambda: self.succeeds(f"{asked} 127.0.0.1:9847"), 30, "it listens")
        self.assertFalse(self.succeeds(f"{asked} 127.0.0.2:9847"))
        self.assertNotIn("curl:", page("/"))
        metrics = page("/metrics")
        self.assertIn("exchange_clock_up 1\n", metrics)
        for id in EXCHANGES:
            [offset] = re.findall(
                rf'^exchange_clock_offset_seconds{{exchange="{id}"}} (\S+)$', metrics, re.M)
            self.assertAlmostEqual(float(offset), AHEAD_MS / 1000, delta=0.1)

    def compose(self, text: str) -> None:
        group = re.compile(r'(group_add: \["990"\])(.+# getent group exchange-clock)')
        self.assertRegex(text, group)
        # Without this it has a network made.
        text = f"{text.rstrip()}\n    network_mode: none\n"
        file = self.directory / "compose.yaml"
        command = f"{COMPOSE} -f {file} run --rm -T bot"
        file.write_text(group.sub("", text))
        self.assertIn("ermission", self.shell(command, status={69}))
        file.write_text(group.sub('group_add: ["64123"]', text))
        self.check_stamp(lambda: self.shell(command))

    def succeeds(self, command: str) -> bool:
        return self.shell(f"{command} >/dev/null 2>&1 && echo yes || echo no") == "yes\n"

    def ask(self, command: str, shut_out: str) -> None:
        self.check_stamp(lambda: self.shell(command))
        self.assertNotEqual(shut_out, command)
        refusal = self.shell(shut_out, status={69})
        self.assertIn("ermission", refusal)

    def check_stamp(self, ask: Callable[[], str]) -> None:
        before = time.time() * 1e3
        answer = json.loads(ask())
        after = time.time() * 1e3
        self.assertTrue(answer["guaranteed"])
        self.assertGreaterEqual(answer["timestamp"], before + AHEAD_MS - 100)
        self.assertLessEqual(answer["timestamp"], after + AHEAD_MS)
