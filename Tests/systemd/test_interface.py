"""Completions and manual pages name the commands and options that the programs have, and no others."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import RELEASE, ROOT, note_skip

COMPLETIONS = ROOT / "packaging/completions"
COMMON = {"--json", "--socket", "--help", "--version"}
SECTIONS = {
    "exchange-clock": 1, "exchange-clock-sim": 1, "exchange-clock-exporter": 1, "exchange-clockd": 8,
}


def help_of(program: str) -> str:
    return subprocess.run(
        [RELEASE / program, "--help"], check=True, capture_output=True, text=True
    ).stdout


def verbs() -> dict[str, set[str]]:
    """The commands of exchange-clock, each with the options that only it has."""
    found: dict[str, set[str]] = {"help": set(), "version": set()}
    verb = ""
    for line in help_of("exchange-clock").splitlines():
        if match := re.match(r"  ([a-z-]+)\b", line):
            verb = match[1] if not match[1].startswith("-") else ""
        elif not line.startswith("   "):
            verb = ""
        if verb:
            found.setdefault(verb, set()).update(re.findall(r"--[a-z-]+", line))
    return found


class CompletionTests(unittest.TestCase):
    maxDiff = None

    def check(self, complete: object) -> None:
        """complete(words): what may follow these words, of which the last may be begun."""
        assert callable(complete)
        known = verbs()
        self.assertGreater(len(known), 10)
        self.assertEqual(complete(["exchange-clock", ""]) - COMMON, set(known))
        for verb, options in known.items():
            with self.subTest(verb):
                self.assertEqual(complete(["exchange-clock", verb, "--"]), COMMON | options)
        for program in ("exchange-clockd", "exchange-clock-exporter"):
            options = set(re.findall(r"--[a-z]+", help_of(program)))
            self.assertEqual(complete([program, "--"]), options | {"--help", "--version"})
        text = help_of("exchange-clock-sim")
        usages = re.findall(r"^  exchange-clock-sim ([a-z]+)", text, re.MULTILINE)
        self.assertEqual(complete(["exchange-clock-sim", ""]) - COMMON, set(usages))
        run = text[text.index("exchange-clock-sim run") : text.index("exchange-clock-sim set")]
        self.assertEqual(
            complete(["exchange-clock-sim", "run", "--"]) - {"--help", "--version"},
            set(re.findall("--[a-z-]+", run)),
        )
        ids = re.findall(r"[a-z][a-z0-9-]+", text[text.index("IDs:") + 4 : text.index("  --json")])
        self.assertGreater(len(ids), 40)
        self.assertEqual(
            complete(["exchange-clock-sim", "run", "--exchange", ""]) - {"--help"}, set(ids))

    def test_bash(self) -> None:
        def complete(words: list[str]) -> set[str]:
            function = words[0].replace("-", "_")
            script = (
                f'. {COMPLETIONS}/exchange-clock.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
                f' _{function}; printf "%s\\n" "${{COMPREPLY[@]}}"'
            )
            return self.run_shell(["bash", "-c", script, "bash", *words])

        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "a directory").mkdir()
            script = (
                f". {COMPLETIONS}/exchange-clock.bash; compopt() {{ echo $*; }}; COMP_CWORD=2;"
                f' COMP_WORDS=(exchange-clock check-config "{name}/"); _exchange_clock;'
                ' printf "%s\\n" "${COMPREPLY[@]}"')
            # With that option readline quotes the blank and adds the slash.
            self.assertEqual(
                self.run_shell(["bash", "-c", script]), {"-o filenames", f"{name}/a directory"})

        self.check(complete)

    def test_fish(self) -> None:
        if shutil.which("fish") is None:
            note_skip("completions for fish: fish is not installed")
            self.skipTest("no fish")

        def complete(words: list[str]) -> set[str]:
            script = f'source {COMPLETIONS}/{words[0]}.fish; complete -C "{" ".join(words)}"'
            return self.run_shell(["fish", "--no-config", "-c", script])

        self.check(complete)

    def test_zsh(self) -> None:
        if shutil.which("zsh") is None:
            note_skip("completions for zsh: zsh is not installed")
            self.skipTest("no zsh")

        def complete(words: list[str]) -> set[str]:
            # The functions of zsh's completion system, as far as they list words.
            script = f"""
                _arguments() {{ local each; for each in "$@"; do
                  if [[ $words[CURRENT-1] == --* && $each == (\\*|)$words[CURRENT-1]\\[* ]]; then
                    ${{each##*:}}; return 1; fi
                  each=${{each#\\*}}; [[ $each == --* ]] && print -r -- ${{each%%\\[*}}; done; return 1 }}
                _describe() {{ local each; for each in "${{(@P)2}}"; do print -r -- ${{each%%:*}}; done }}
                compadd() {{ [[ $1 == -a ]] && print -rl -- ${{(P)2}} }}; _files() {{ }}
                service=$1; words=("$@"); CURRENT=$#; . {COMPLETIONS}/exchange-clock.zsh"""
            found = self.run_shell(["zsh", "-f", "-c", script, "zsh", *words])
            return {word for word in found if not words[-1] or word.startswith(words[-1])}

        self.check(complete)

    def run_shell(self, command: list[str]) -> set[str]:
        """The first word of each line, with no daemon to ask."""
        with tempfile.TemporaryDirectory() as home:
            environment = {
                "PATH": f"{RELEASE}:/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8",
                "EXCHANGE_CLOCK_SOCKET": f"{home}/none",
            }
            result = subprocess.run(command, capture_output=True, text=True, env=environment)
        self.assertEqual(result.stderr, "")
        return {line.split("\t")[0] for line in result.stdout.splitlines() if line}


class ManualTests(unittest.TestCase):
    def page(self, name: str) -> str:
        return (ROOT / "docs/man" / name).read_text().replace("\\-", "-")

    def test_every_option_is_in_the_manual(self) -> None:
        for program, section in SECTIONS.items():
            page = self.page(f"{program}.{section}")
            known = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", help_of(program)))
            named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page))
            self.assertEqual(known - named, set(), program)
            self.assertEqual(named - known - {"--help", "--version"}, set(), program)

    def test_every_command_is_in_the_manual(self) -> None:
        page = self.page("exchange-clock.1")
        named = set(re.findall(r"^\.TP\n\.(?:B|BI|BR) ([a-z][a-z-]+)", page, re.MULTILINE))
        self.assertEqual(named, set(verbs()))

    def test_every_setting_is_in_the_manual(self) -> None:
        example = (ROOT / "config/exchange-clock.toml").read_text()
        keys = set(re.findall(r"^#?([a-z_]+) = ", example, re.MULTILINE))
        words = set(re.findall(r"[a-z_]+", self.page("exchange-clock.toml.5")))
        self.assertGreater(len(keys), 40)
        self.assertEqual(keys - words, set())

    def test_pages_are_sound(self) -> None:
        for page in sorted((ROOT / "docs/man").iterdir()):
            result = subprocess.run(
                ["groff", "-man", "-ww", "-z", "-Tutf8", page], capture_output=True, text=True
            )
            self.assertEqual(result.stderr, "", page.name)


class VersionTests(unittest.TestCase):
    def test_the_package_has_the_programs_version(self) -> None:
        changelog = (ROOT / "packaging/debian/changelog").read_text()
        version = subprocess.run(
            [RELEASE / "exchange-clock", "--version"], check=True, capture_output=True, text=True
        ).stdout.split()[-1]
        self.assertIn(f"exchange-clock ({version})", changelog.splitlines()[0])


if __name__ == "__main__":
    unittest.main()
