"""One module of hummingbot, taken out of its published package: the rest is not needed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

VERSION = "20251103"
MODULE = "hummingbot/connector/time_synchronizer.py"


def hummingbot(directory: Path) -> Path | str:
    """The path of the module, kept in the directory for the next time; or why it cannot be had.

    The newest version is published as source that cannot be fetched without building it; this is
    the newest that is published as a wheel. The module is plain Python, whatever the wheel is for.
    """
    module = directory / MODULE
    if module.exists():
        return module
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--only-binary", ":all:", "--python-version", "3.12",
        "--platform", "manylinux2014_x86_64", "--dest", str(directory), f"hummingbot=={VERSION}",
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        (wheel,) = directory.glob("hummingbot-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extract(MODULE, directory)
        wheel.unlink()
    except subprocess.CalledProcessError as error:
        return f"pip: {error.stderr.strip().splitlines()[-1]}"
    except (subprocess.TimeoutExpired, OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return module
