"""Where the tests under systemd find things, and the harness of the demo."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RELEASE = ROOT / ".build/release"
sys.path.insert(0, str(ROOT / "demo"))
sys.path.append(str(ROOT / "Tests"))

from harness import Failure, wait_until  # noqa: E402  (its path is set above)
from notes import note, note_skip  # noqa: E402

__all__ = ["RELEASE", "ROOT", "Failure", "note", "note_skip", "wait_until"]


def package() -> Path | None:
    """The Debian package that `make deb` made; None where there is none."""
    return next((ROOT / ".build/deb").glob("exchange-clock_*.deb"), None)
