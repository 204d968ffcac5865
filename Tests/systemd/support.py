"""Where the tests under systemd find things, and the harness of the demo."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RELEASE = ROOT / ".build/release"
sys.path.insert(0, str(ROOT / "demo"))
sys.path += [str(ROOT / "Tests"), str(ROOT / "Tests/docs")]

from harness import Failure, wait_until  # noqa: E402  (its path is set above)
from notes import lacks_root_or, note, note_skip  # noqa: E402

__all__ = ["RELEASE", "ROOT", "Failure", "note", "note_skip", "wait_until"]

BASE = ROOT / ".build/debian-12.tar"
"""A Debian 12 and its apt; `make test-systemd` makes it."""


def package() -> Path | None:
    """The Debian package that `make deb` made; None where there is none."""
    return next((ROOT / ".build/deb").glob("exchange-clock_*.deb"), None)


def lacks_debian_or(*programs: str) -> str | None:
    """What this host lacks to try the package on a Debian of its own; None where it has all."""
    if package() is None:
        return "there is no package; make deb makes it"
    if not BASE.exists():
        return f"there is no {BASE}; make test-systemd makes it"
    return lacks_root_or(*programs)
