"""A container with a real systemd, on an overlay of this host's root, or of another, that is
forgotten at the end.

Nothing of the host is changed: what is written goes to a tmpfs. It needs root, and a kernel that lets
root mount an overlay and start namespaces.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from support import ROOT, Failure, wait_until

BOOT_SECONDS = 90


class Unavailable(Exception):
    """This host cannot run such a container; the message says why."""


class Container:
    """Booted while the context lasts. Its root, as seen from this host, is `root`."""

    def __init__(self, files: dict[str, str], base: Path = Path("/")) -> None:
        """files: written into the container's root before it boots; the host's stay.

        base: what its root is made of. What is another Debian than this host's has the host's network,
        to install from; else there is none."""
        self._files = files
        self._base = base
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Container:
        if os.geteuid() != 0:
            raise Unavailable("root is needed to mount an overlay and to start a container")
        if shutil.which("systemd-nspawn") is None:
            raise Unavailable("systemd-nspawn is not installed (Debian's systemd-container)")
        with contextlib.ExitStack() as stack:
            directory = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="exchange-clock-"))
            )
            self._mount(stack, directory)
            if self._is_of_host:
                self._leave_out_services()
            for path, text in self._files.items():
                self.write(path, text)
            self._boot(stack, directory)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # MARK: Setting up

    def _mount(self, stack: contextlib.ExitStack, directory: Path) -> None:
        def mount(target: Path, *options: str) -> None:
            target.mkdir()
            result = subprocess.run(
                ["mount", *options, str(target)], capture_output=True, text=True
            )
            if result.returncode != 0:
                raise Unavailable(f"mount {' '.join(options)} fails: {result.stderr.strip()}")
            stack.callback(subprocess.run, ["umount", "--lazy", str(target)], check=False)

        layer = directory / "layer"
        self._upper = layer / "upper"
        mount(layer, "-t", "tmpfs", "tmpfs")
        (layer / "upper").mkdir()
        (layer / "work").mkdir()
        self.root = directory / "root"
        mount(
            self.root, "-t", "overlay", "overlay",
            "-o", f"lowerdir={self._base},upperdir={layer}/upper,workdir={layer}/work",
        )

    @property
    def _is_of_host(self) -> bool:
        return self._base == Path("/")

    def _leave_out_services(self) -> None:
        """What this host runs is not started a second time; what is installed here may start."""
        (self.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
        for pattern in ("systemd/system/*.target.wants", "rc[2-5].d"):
            for directory in (self.root / "etc").glob(pattern):
                shutil.rmtree(directory)

    def _boot(self, stack: contextlib.ExitStack, directory: Path) -> None:
        console = directory / "console"
        with console.open("w") as output:
            process = subprocess.Popen(
                [
                    "systemd-nspawn", "--quiet", f"--directory={self.root}",
                    *(["--private-network"] if self._is_of_host else []),
                    "--boot", "--register=no", "--keep-unit", "--console=pipe",
                    "--resolv-conf=off", f"--bind-ro={ROOT}", "systemd.unit=multi-user.target",
                ],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        stack.callback(self._end, process)

        def tail() -> str:
            return " | ".join(console.read_text(errors="replace").strip().splitlines()[-4:])

        def is_up() -> bool:
            if process.poll() is not None:
                raise Unavailable(f"systemd-nspawn ended with {process.returncode}: {tail()}")
            # Of the children the first one only prepares the last one.
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            self.leader = int(children[-1]) if children else process.pid
            if (Path(f"/proc/{self.leader}/comm")).read_text() != "systemd\n":
                return False
            return self.run("systemctl is-system-running", check=False).strip() in (
                "running", "degraded"
            )

        try:
            wait_until(is_up, BOOT_SECONDS, "the container has booted")
        except Failure as failure:
            raise Unavailable(f"{failure}: {tail()}") from None

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            # The first process takes these for an orderly end and for one at once.
            os.kill(self.leader, 37 + 3)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # MARK: Inside

    def changed(self, name: str) -> set[str]:
        """Files whose name or contents differ from the host's and whose path has the name in it."""
        return {
            f"/{path.relative_to(self._upper)}"
            for path in self._upper.rglob("*")
            # What was removed is there as a device; the last is kept by man-db for who reads pages.
            if name in path.name and not path.is_char_device() and "cache/man" not in str(path)
        }

    def write(self, path: str, text: str) -> None:
        """A file of the container that is not below /run, /tmp or /dev."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def run(
        self, command: str, check: bool = True, user: str | None = None, timeout: float = 120
    ) -> str:
        """What a shell in the container prints, standard error included."""
        result = self.call(command, user, timeout)
        if check and result.returncode != 0:
            raise Failure(f"in the container, {command!r} ended with {result.returncode}:"
                          f"\n{result.stdout}")
        return result.stdout

    def call(
        self, command: str, user: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        shell = ["/bin/sh", "-c", command]
        if user is not None:
            shell = ["/sbin/runuser", "-u", user, "--", *shell]
        return subprocess.run(
            ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid",
             "--root", *shell],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd="/",
            timeout=timeout,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                 "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0",
                 "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"},
        )
