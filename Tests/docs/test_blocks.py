"""Every fenced block of the documentation is run by some test, or says why it is not.

What runs a block, unless a comment right before it says otherwise:

    sh        here, in order, in one directory for each page; what serves goes on until the page ends.
              `make X` is looked up only, as X may be what runs this
    console   here: what follows `$` is run, and must print what stands below, digits apart
    toml, yaml, swift, python    here
    others    the test that is named in RUNNERS

    <!-- run: container -->          by Tests/systemd, on a real systemd
    <!-- run: engine -->             by Tests/systemd/test_engine.py, with a container engine
    <!-- run: nobody -->             by Tests/docs/test_install.py, as an ordinary user
    <!-- run: only its first N lines are the same on every host -->
    <!-- not run: the reason -->
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pages import DOCS, ROOT, Block, all_blocks, blocks, pages, prose
from session import BUILD, Session, note

sys.path.insert(0, str(ROOT / "demo"))
from demo import EXCHANGES, SETTINGS  # noqa: E402  (its path is set above)
from harness import Daemon, Simulator  # noqa: E402

RUNNERS = {
    ("README.md", "python"): "Tests/clients/test_readme.py",
    ("README.md", "javascript"): "Tests/clients/test_readme.py",
    ("README.md", "c"): "Tests/clients/test_c.py",
    ("docs/recipes.md", "python"): "Tests/clients/test_recipes.py",
    ("docs/protocol.md", "transcript"): "Tests/clients/test_protocol.py",
}
HERE = {"sh", "console", "toml", "yaml", "swift", "python"}
MOST_NOT_RUN = 0
PROGRAMS = r"exchange-clock|make |sudo |systemctl |journalctl |curl |docker |python3? |pip |npm |\$ "
PROMTOOL = ROOT / ".build/prometheus/usr/bin/promtool"


def runner(block: Block) -> str:
    """What runs a block; empty where nothing does."""
    if block.mark == "run" and block.word.startswith("container"):
        return "Tests/systemd/test_service.py"
    if block.mark == "run" and block.word == "engine":
        return "Tests/systemd/test_engine.py"
    if block.mark == "run" and block.word.startswith("nobody"):
        return "Tests/docs/test_install.py"
    if (block.page, block.language) in RUNNERS:
        return RUNNERS[block.page, block.language]
    return "Tests/docs/test_blocks.py" if block.language in HERE | {"text"} else ""


def mine(*languages: str) -> list[Block]:
    """The blocks of these languages that are run here."""
    found = [
        block for block in all_blocks()
        if block.language in languages and block.mark != "not run"
        and runner(block) == "Tests/docs/test_blocks.py"
    ]
    assert found, f"no block of {languages}: what runs them is of no use any more"
    return found


class World:
    """For the length of a `with`: simulated exchanges, a daemon with a state, and one session."""

    def __init__(
        self, exchanges: Mapping[str, Mapping[str, float]] = EXCHANGES,
        settings: Mapping[str, str] = SETTINGS,
    ) -> None:
        self._exchanges, self._settings = exchanges, settings

    def __enter__(self) -> Session:
        with contextlib.ExitStack() as stack:
            directory = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="exchange-clock-")))
            (directory / "page").mkdir()
            (directory / "state").mkdir(mode=0o700)
            before = os.environ.get("STATE_DIRECTORY")
            os.environ["STATE_DIRECTORY"] = str(directory / "state")
            try:
                simulator = stack.enter_context(Simulator(BUILD, directory, self._exchanges))
                daemon = stack.enter_context(
                    Daemon(BUILD, directory, simulator.urls, self._settings))
            finally:
                os.environ.pop("STATE_DIRECTORY")
                if before is not None:
                    os.environ["STATE_DIRECTORY"] = before
            daemon.wait_until_synchronized(60)
            session = stack.enter_context(Session(directory / "page", daemon.socket))
            self._stack = stack.pop_all()
        return session

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class CompletenessTests(unittest.TestCase):
    def test_every_block_is_run_or_says_why_not(self) -> None:
        not_run = [block for block in all_blocks() if block.mark == "not run"]
        for block in all_blocks():
            with self.subTest(block.place):
                if block.mark == "not run":
                    self.assertGreater(len(block.word), 20, "the reason, please")
                    continue
                by = runner(block)
                self.assertTrue(
                    by, f"nothing runs a block of {block.language or 'no language'}: have it run,"
                    " or say <!-- not run: why --> on the line before it")
                self.assertTrue((ROOT / by).exists(), by)
                if block.language == "text":
                    self.assertNotRegex(block.text, rf"(?m)^({PROGRAMS})", "a command, not a text")
        for block in not_run:
            note(f"not run: {block.place}: {block.word}")
        self.assertLessEqual(len(not_run), MOST_NOT_RUN, "few of them, please")
        note(f"{len(all_blocks())} blocks on {len(pages())} pages, {len(not_run)} not run")

    def test_runners_elsewhere_run_all_of_theirs(self) -> None:
        """Those that take one block of a page have one to take."""
        self.assertEqual(sum(b.language == "c" for b in blocks(ROOT / "README.md")), 1)
        recipes = [b for b in blocks(DOCS / "recipes.md")]
        self.assertEqual({b.language for b in recipes}, {"python"})
        for (page, language), test in RUNNERS.items():
            source = (ROOT / test).read_text()
            self.assertIn(Path(page).name, source, test)
            self.assertTrue(
                any(b.language == language for b in blocks(ROOT / page)), f"{page}: {language}")
        container = (ROOT / "Tests/systemd/test_service.py").read_text()
        self.assertIn("documented.blocks()", container)

    def test_a_block_that_nothing_runs_is_noticed(self) -> None:
        self.assertEqual(runner(Block("docs/x.md", 1, "ruby", "", "", "puts 1\n")), "")
        self.assertEqual(runner(Block("docs/x.md", 1, "", "", "", "make test\n")), "")
        self.assertRegex("exchange-clock status\n", rf"(?m)^({PROGRAMS})")

    def test_commands_within_the_text_exist(self) -> None:
        """`exchange-clock X --option` between backticks: there is such a command and option."""
        texts = {
            program: subprocess.run(
                [BUILD / program, "--help"], capture_output=True, text=True, check=True).stdout
            for program in ("exchange-clock", "exchange-clock-sim", "exchange-clockd",
                            "exchange-clock-exporter")
        }
        verbs = set(re.findall(r"^  ([a-z][a-z-]*)\b", texts["exchange-clock"], re.M)) | {"X"}
        count = 0
        for page in pages():
            for found in re.finditer(r"`(?:sudo )?(exchange-clock[a-z-]*) ([^`]+)`", prose(page)):
                program, rest = found[1], found[2]
                with self.subTest(f"{page.name}: {found[0]}"):
                    self.assertIn(program, texts)
                    if program == "exchange-clock" and not rest.startswith("-"):
                        self.assertIn(rest.split()[0], verbs)
                    for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
                        self.assertIn(option, texts[program])
                count += 1
        self.assertGreater(count, 10)
        note(f"{count} commands within the text")

    def test_targets_within_the_text_exist(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        phony = set(re.sub(r"\\\n", " ", makefile).split(".PHONY: ")[1].partition("\n")[0].split())
        for page in pages():
            for found in re.finditer(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)`", prose(page)):
                with self.subTest(f"{page.name}: {found[0]}"):
                    self.assertIn(found[1], phony)


class RunTests(unittest.TestCase):
    def test_shell_and_python(self) -> None:
        for page in pages():
            found = [b for b in mine("sh", "python") if ROOT / b.page == page]
            if not found:
                continue
            with self.subTest(page.name), World() as session:
                for block in found:
                    if block.language == "python":
                        session.run([sys.executable, "-"], block, text=session.here(block.text))
                    else:
                        session.run_shell(block)
                    note(f"{block.place} ({block.language}) run")

    def test_consoles_show_what_is_printed(self) -> None:
        alike = {id: {"offset_ms": 3000.0} for id in ("binance", "bybit", "okx")}
        worlds = {"diagnose": World(alike, {})}
        for block in mine("console"):
            name = block.text.split()[2]
            with self.subTest(block.place), worlds.get(name, World()) as session:
                self.check_console(block, session)
                note(f"{block.place} prints what it shows")

    def check_console(self, block: Block, session: Session) -> None:
        self.assertTrue(block.text.startswith("$ "))
        joined = block.text.replace("\\\n", " ")
        for part in re.split(r"^\$ ", joined, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            if command.startswith("python3 demo/"):
                command += f" --build-dir {BUILD}"
            # What is shown may be bad news; a demonstration says by 1 that it went otherwise.
            real = session.run(["bash", "-c", command], block, status={0, 1})
            if "demo/" in command:
                # Where it went otherwise the machine was held up: seldom, and not each time.
                for _ in range(2):
                    if shown == real:
                        break
                    real = session.run(["bash", "-c", command], block, status={0, 1})
                self.assertEqual(shown, real)
            alike = re.search(r"first (\d+) lines", block.word)
            if alike:
                shown, real = (
                    "\n".join(text.splitlines()[: int(alike[1])]) for text in (shown, real))
            self.assertEqual(shape(shown), shape(real), f"{command}:\n{real}")

    def test_a_console_that_shows_something_else_is_noticed(self) -> None:
        self.assertEqual(shape("ok  3.00 s  12 min"), shape("ok 18.4 ms  now"))
        self.assertNotEqual(shape("ok  3.00 s"), shape("bad 3.00 s"))
        self.assertNotEqual(shape("a\nb"), shape("a b c"))

    def test_configurations(self) -> None:
        for block in mine("toml"):
            with self.subTest(block.place), World() as session:
                (session.directory / "block.toml").write_text(block.text)
                session.run(["exchange-clock", "check-config", "block.toml"], block)

    def test_swift(self) -> None:
        """Linked with the objects of the build, which hold the library."""
        for block in mine("swift"):
            with self.subTest(block.place), World() as session:
                (session.directory / "main.swift").write_text(block.text)
                session.run([sys.executable, str(Path(__file__).parent / "link_swift.py")], block)
                printed = session.run(["./main"], block)
                self.assertRegex(printed, r"^\d{13}\n$")

    def test_yaml(self) -> None:
        for block in mine("yaml"):
            with self.subTest(block.place), World() as session:
                documents = list(yaml.safe_load_all(block.text))
                self.assertEqual(len(documents), 1)
                self.check_yaml(block, documents[0], session)

    def check_yaml(self, block: Block, document: dict[str, Any], session: Session) -> None:
        if "apiVersion" in document:
            import kubernetes_validate

            version = kubernetes_validate.latest_version()
            kubernetes_validate.validate(document, version, strict=True)
            with self.assertRaises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(document | {"speck": {}}, version, strict=True)
            note(f"{block.place}: valid for Kubernetes {version}")
            self.check_kubernetes(block, document, session)
        elif "scrape_configs" in document:
            if not PROMTOOL.exists():
                print(f"\nSKIPPED: {block.place}: there is no {PROMTOOL} (make test-metrics)",
                      file=sys.stderr)
                return
            rules = "/etc/prometheus/exchange-clock.rules.yml"
            self.assertIn(rules, block.text)
            file = session.directory / "prometheus.yml"
            # Debian's Prometheus is built without Kubernetes; what is done with its Pods is checked.
            file.write_text(block.text.replace(
                rules, str(ROOT / "packaging/prometheus/exchange-clock.rules.yml")).replace(
                "kubernetes_sd_configs: [{role: pod}]", "static_configs: [{targets: ['pod:9847']}]"))
            session.run([str(PROMTOOL), "check", "config", str(file)], block)
        elif "services" in document:
            # The Compose file format needs no more of it; what it means is tested elsewhere.
            self.assertEqual(set(document), {"services"})
        else:
            self.fail(f"{block.place}: nobody checks such a document")


    def check_kubernetes(
        self, block: Block, document: dict[str, Any], session: Session
    ) -> None:
        anchors = set(re.findall(r"&(\w+)", block.text))
        self.assertEqual(anchors, set(re.findall(r"\*(\w+)", block.text)), "an anchor without use")
        if document["kind"] == "ConfigMap":
            [(name, text)] = document["data"].items()
            self.assertEqual(name, "exchange-clock.toml")
            (session.directory / name).write_text(text)
            session.run(["exchange-clock", "check-config", name], block)
            return
        pod = document["spec"]["template"]["spec"]
        for volume in pod["volumes"]:
            if "configMap" in volume:
                page = (ROOT / block.page).read_text()
                self.assertIn(f"kind: ConfigMap\nmetadata:\n  name: {volume['configMap']['name']}\n", page)
        daemon = pod["containers"][0]
        commands = {
            kind: daemon[kind]["exec"]["command"]
            for kind in ("startupProbe", "readinessProbe", "livenessProbe")
        }
        # What waits for exchanges must not have the daemon killed.
        self.assertEqual(
            {kind for kind, command in commands.items() if "wait" in command}, {"readinessProbe"})
        self.assertIn("--ready", commands["readinessProbe"])
        for command in commands.values():
            session.run(command, block)


def shape(text: str) -> str:
    """What must not differ: digits, times, and how lines are broken may."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "WHEN", text)
    text = re.sub(r"\b(just now|[\d.]+ \w+ ago)(?!\w)", "WHEN", text)
    text = re.sub(r"\b(now|\d+ (s|min|h|d))$", "WHEN", text, flags=re.M)
    text = re.sub(r"[±+-]?\b[\d.,:]*\d( ?(ns|us|ms|s|min|h|d)\b)?", "0", text)
    return re.sub(r"\s+", " ", text).strip()


class TableTests(unittest.TestCase):
    """What tables list is what there is."""

    def test_operations_has_every_verdict_alert_state_and_unit(self) -> None:
        page = (DOCS / "operations.md").read_text()
        rules = (ROOT / "packaging/prometheus/exchange-clock.rules.yml").read_text()
        verdicts = re.findall(r"^\| `(\w+)` \|", section(DOCS / "diagnose.md", "Verdicts"), re.M)
        units = [unit.name for unit in (ROOT / "systemd").glob("exchange-clock*")
                 if unit.suffix in (".service", ".socket", ".target")]
        for names in (re.findall(r"- alert: (\w+)", rules), verdicts, units):
            self.assertGreater(len(names), 4)
            for name in names:
                self.assertRegex(page, rf"(?m)^\| `{re.escape(name)}` \|")
        named = set(re.findall(r"^\| `(ExchangeClock\w+)` \|", page, re.M))
        self.assertEqual(named, set(re.findall(r"- alert: (\w+)", rules)))


def section(page: Path, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page.read_text(), re.M | re.S)
    assert found, f"{page.name} has no {heading}"
    return found[1]


if __name__ == "__main__":
    unittest.main()
