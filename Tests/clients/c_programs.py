"""The C programs of the tests, compiled."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from support import ROOT

HEADER = ROOT / "clients" / "c"
PROGRAMS = Path(__file__).resolve().parent / "c"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O2", f"-I{HEADER}"]
COMPILERS = {"c11": ["gcc", "clang"], "c++17": ["g++", "clang++"]}


def compilers(standard: str) -> list[str]:
    return [name for name in COMPILERS[standard] if shutil.which(name)]


def compile(
    source: str, directory: Path, standard: str = "c11", compiler: str = "", *options: str
) -> Path:
    """A program of the sources beside this test."""
    program = directory / source.removesuffix(".c")
    chosen = compiler or compilers(standard)[0]
    language = ["-x", "c++"] if standard == "c++17" else []
    subprocess.run(
        [chosen, *language, f"-std={standard}", *STRICT, *options, PROGRAMS / source,
         "-o", program],
        check=True, timeout=120,
    )
    return program
