"""What tests tell whoever reads their output, and what they need of the host."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path


def note_skip(text: str) -> None:
    """A line of its own, which `make test` repeats at its end."""
    print(f"\nSKIPPED: {text}", file=sys.stderr, flush=True)


def note(text: str) -> None:
    """A line for whoever reads the test's output."""
    print(f"    {text}", file=sys.stderr, flush=True)


def lacks_root_or(*programs: str) -> str | None:
    """What of this the host lacks, as a reason to skip; None where it has all."""
    if os.geteuid() != 0:
        return "this is not root"
    lacking = next((program for program in programs if shutil.which(program) is None), None)
    return lacking and f"there is no {lacking}"


def own_directory(test: unittest.TestCase, reason: str | None) -> Path:
    """One for the length of the test, that others may enter; skips it where there is a reason."""
    if reason is not None:
        note_skip(f"{test.id()}: {reason}")
        test.skipTest(reason)
    directory = Path(test.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
    directory.chmod(0o755)
    return directory
