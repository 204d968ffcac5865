"""Compiles ./main.swift against the library as `swift build` left it; what SwiftPM would do anew."""

from __future__ import annotations

import subprocess

from session import BUILD, ROOT

TARGETS = ["ExchangeClock", "ClockCore", "ClockProtocol", "JSONDocument", "LinuxSystem", "CLinux"]

maps = [BUILD / "CLinux.build/module.modulemap", *ROOT.glob("Sources/C*/module.modulemap")]
objects = [file for name in TARGETS for file in (BUILD / f"{name}.build").rglob("*.o")]
subprocess.run(
    ["swiftc", "-I", BUILD / "Modules",
     *(word for file in maps for word in ("-Xcc", f"-fmodule-map-file={file}")),
     "main.swift", *objects, "-ljansson", "-lsystemd", "-o", "main"],
    check=True,
)
