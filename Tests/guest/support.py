"""Where the tests of the guest find things, and the harness of the demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = (ROOT / os.environ.get("EXCHANGE_CLOCK_BUILD", ".build/release")).resolve()
PACKAGES = ROOT / ".build/guest/root"
"""Debian's kernel and its static busybox, unpacked by `make test-clock`."""
HOST = "10.0.2.2"
"""The loopback of the host, as the guest sees it."""
sys.path.insert(0, str(ROOT / "demo"))
sys.path.append(str(ROOT / "Tests"))

from harness import Failure, Simulator, wait_until  # noqa: E402  (its path is set above)
from notes import note, note_skip  # noqa: E402

__all__ = [
    "BUILD", "HOST", "PACKAGES", "ROOT", "Failure", "Simulator", "note", "note_skip", "wait_until"
]
