"""Metrics as the real Prometheus takes them, its rules, and the dashboard."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = (ROOT / os.environ.get("EXCHANGE_CLOCK_BUILD", ".build/release")).resolve()
TOOLS = ROOT / ".build/prometheus/usr/bin"
PACKAGING = ROOT / "packaging"
sys.path.insert(0, str(ROOT / "demo"))

from harness import Daemon, Program, Simulator, request, wait_until  # noqa: E402

METRIC = re.compile(r"\bexchange_clock_[a-z0-9_]+")


def free_port() -> int:
    """A port that nobody listens on now: Prometheus cannot be given port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def promtool(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOOLS / "promtool", *arguments], input=text, capture_output=True, text=True, timeout=60
    )


class Exporter(Program):
    def __init__(self, directory: Path, daemon_socket: Path) -> None:
        super().__init__(
            BUILD, "exchange-clock-exporter",
            ["--listen", "127.0.0.1:0", "--socket", str(daemon_socket)], directory,
        )
        try:
            self.wait_until(lambda: "http://" in self.stderr.read_text(), 10, "it listens")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        found = re.search(r"127\.0\.0\.1:\d+", self.stderr.read_text())
        assert found
        self.address = found[0]

    def scrape(self, accept: str = "") -> str:
        headers = {"Accept": accept} if accept else {}
        status, body = request("GET", f"http://{self.address}/metrics", headers=headers)
        assert status == 200, body
        return body


class Prometheus(Program):
    def __init__(self, directory: Path, target: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        config = directory / "prometheus.yml"
        config.write_text(
            json.dumps(
                {
                    "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                    "rule_files": [str(PACKAGING / "prometheus/exchange-clock.rules.yml")],
                    "scrape_configs": [
                        {"job_name": "exchange-clock", "static_configs": [{"targets": [target]}]}
                    ],
                }
            )
        )
        super().__init__(
            TOOLS, "prometheus",
            [
                f"--config.file={config}", f"--storage.tsdb.path={directory / 'tsdb'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
            ],
            directory,
        )

    def ask(self, path: str, **parameters: str) -> object:
        query = urllib.parse.urlencode(parameters)
        try:
            status, body = request("GET", f"{self.url}/api/v1/{path}?{query}")
        except OSError:
            return None
        return json.loads(body).get("data") if status == 200 else None

    def value(self, expression: str) -> float | None:
        """The only value of an expression now; None where there is not one."""
        data = self.ask("query", query=expression)
        found = data["result"] if isinstance(data, dict) else []
        return float(found[0]["value"][1]) if len(found) == 1 else None


class MetricsTests(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(
            self.enterContext(tempfile.TemporaryDirectory(prefix="exchange-clock-"))
        )
        exchanges = {"binance": {"offset_ms": 3000}, "okx": {"forward_ms": 10}}
        self.simulator = self.enterContext(Simulator(BUILD, self.directory, exchanges))
        self.daemon = self.enterContext(Daemon(BUILD, self.directory, self.simulator.urls))
        self.daemon.wait_until_ready()
        self.exporter = self.enterContext(Exporter(self.directory, self.daemon.socket))

    def printed(self, *arguments: str) -> str:
        return subprocess.run(
            [BUILD / "exchange-clock", "metrics", "--socket", self.daemon.socket, *arguments],
            capture_output=True, text=True, timeout=30, check=True,
        ).stdout

    def test_promtool_has_no_complaint(self) -> None:
        for text in [self.printed("--format", "prometheus"), self.exporter.scrape()]:
            checked = promtool("check", "metrics", text=text)
            self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))
        # It reads OpenMetrics as if it were the older format, where a counter's help has another
        # name: docs/metrics.md says that this is all.
        text = self.printed()
        self.assertEqual(text.splitlines()[-1], "# EOF")
        checked = promtool("check", "metrics", text=text)
        counters = re.findall(r"^# TYPE (\w+) counter$", text, re.M)
        self.assertGreater(len(counters), 2)
        self.assertEqual(
            sorted(checked.stderr.split("\n")),
            sorted(["", *(f"{name}_total no help text" for name in counters)]))
        # It does complain where there is something to complain of.
        bad = promtool("check", "metrics", text=text.replace("# HELP exchange_clock_up", "# x"))
        self.assertIn("exchange_clock_up no help text", bad.stderr)
        self.assertNotEqual(bad.returncode, 0)

    def test_both_ways_tell_the_same(self) -> None:
        def names(text: str) -> list[str]:
            return [line.split(" ")[0] for line in text.splitlines() if not line.startswith("#")]

        scraped = self.exporter.scrape("application/openmetrics-text;version=1.0.0")
        self.assertEqual(names(scraped), names(self.printed()))
        self.assertEqual(names(scraped), names(self.exporter.scrape()))
        self.assertTrue(scraped.endswith("# EOF\n"))
        self.assertNotIn("# EOF", self.exporter.scrape())

    def test_the_exporter_answers_what_it_should(self) -> None:
        for method, path, expected in [
            ("GET", "/", 200), ("GET", "/metrics?x=1", 200), ("HEAD", "/metrics", 200),
            ("GET", "/metrics/", 404), ("GET", "/../etc/passwd", 404), ("POST", "/metrics", 405),
            ("DELETE", "/metrics", 405),
        ]:
            with self.subTest(method=method, path=path):
                body = "x" * 70_000 if method == "POST" else ""
                status, _ = request(method, f"http://{self.exporter.address}{path}", body)
                self.assertEqual(status, expected)

    def test_a_daemon_that_hangs_keeps_no_scrape_waiting_for_another(self) -> None:
        def scrape(_: int) -> tuple[str, float]:
            begin = time.monotonic()
            return self.exporter.scrape(), time.monotonic() - begin

        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            with ThreadPoolExecutor(4) as threads:
                scrapes = list(threads.map(scrape, range(4)))
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)
        for text, _ in scrapes:
            self.assertRegex(text, r"(?m)^exchange_clock_up 0$")
        waits = [wait for _, wait in scrapes]
        # One after the other the last one would wait four times as long.
        self.assertLess(max(waits), 2 * min(waits), waits)
        self.assertRegex(self.exporter.scrape(), r"(?m)^exchange_clock_up 1$")

    def test_half_requests_hold_it_for_a_while_and_nothing_else(self) -> None:
        host, port = self.exporter.address.split(":")
        halves = [socket.create_connection((host, int(port))) for _ in range(40)]
        for half in halves:
            self.addCleanup(half.close)
            with contextlib.suppress(OSError):
                half.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        late = http.client.HTTPConnection(self.exporter.address, timeout=2)
        self.addCleanup(late.close)
        with self.assertRaises(OSError):
            late.request("GET", "/metrics")
            late.getresponse()
        self.assertEqual(len(self.daemon.ask("offsets")), 2)

        def is_scraped() -> bool:
            with contextlib.suppress(OSError):
                return "exchange_clock_up 1" in self.exporter.scrape()
            return False

        # They stay as they are.
        self.exporter.wait_until(is_scraped, 60, "it answers again")

    def test_a_place_that_is_none_is_a_bad_option(self) -> None:
        for place in ["localhost:9847", "127.0.0.1", ":9847", "127.0.0.1:http", "::1:9847", "[x]:1"]:
            refused = subprocess.run(
                [BUILD / "exchange-clock-exporter", "--listen", place],
                capture_output=True, text=True, timeout=30)
            self.assertEqual(refused.returncode, 64, refused.stderr)
            self.assertIn(f'--listen: "{place}" is not an address in numbers', refused.stderr)

    def test_a_real_prometheus_scrapes_it(self) -> None:
        prometheus = self.enterContext(Prometheus(self.directory, self.exporter.address))
        prometheus.wait_until(
            lambda: prometheus.value("exchange_clock_up") == 1, 60, "Prometheus has scraped it"
        )
        offset = prometheus.value('exchange_clock_offset_seconds{exchange="binance"}')
        error = prometheus.value('exchange_clock_error_seconds{exchange="binance"}')
        assert offset is not None and error is not None
        self.assertLessEqual(abs(offset - 3), error + 0.001)
        # Only OpenMetrics has units: that is what was negotiated.
        metadata = prometheus.ask("metadata", metric="exchange_clock_offset_seconds")
        assert isinstance(metadata, dict)
        self.assertEqual(
            [(each["type"], each["unit"]) for each in metadata["exchange_clock_offset_seconds"]],
            [("gauge", "seconds")],
        )
        self.assertEqual(prometheus.value("scrape_samples_scraped"), self.samples())
        self.check_rules(prometheus)
        # The daemon goes, the exporter stays, and Prometheus sees it.
        self.daemon.process.kill()
        prometheus.wait_until(
            lambda: prometheus.value("exchange_clock_up") == 0, 60, "the daemon is seen to be gone"
        )
        self.assertEqual(prometheus.value('up{job="exchange-clock"}'), 1)
        self.assertIsNone(prometheus.value('exchange_clock_offset_seconds{exchange="binance"}'))

    def samples(self) -> int:
        return sum(not line.startswith("#") for line in self.exporter.scrape().splitlines())

    def check_rules(self, prometheus: Prometheus) -> None:
        def rules() -> list[dict[str, str]]:
            data = prometheus.ask("rules")
            groups = data["groups"] if isinstance(data, dict) else []
            return [rule for group in groups for rule in group["rules"]]

        prometheus.wait_until(
            lambda: bool(rules()) and all(rule["health"] != "unknown" for rule in rules()), 60,
            "all rules have been evaluated",
        )
        for rule in rules():
            self.assertEqual(rule["health"], "ok", rule)

    def test_rules_and_dashboard_use_metrics_that_exist(self) -> None:
        known = set()
        for line in self.exporter.scrape().splitlines():
            if line.startswith("# HELP "):
                known.add(line.split(" ")[2])
        dashboard = json.loads((PACKAGING / "grafana/exchange-clock.json").read_text())
        used = set(METRIC.findall(json.dumps(dashboard["panels"] + dashboard["templating"]["list"])))
        self.assertGreater(len(used), 8)
        self.assertEqual(used - known, set())
        rules = (PACKAGING / "prometheus/exchange-clock.rules.yml").read_text()
        self.assertEqual(set(METRIC.findall(rules)) - known, set())

    def test_the_dashboards_count_of_silent_hosts_is_the_tested_one(self) -> None:
        dashboard = (PACKAGING / "grafana/exchange-clock.json").read_text()
        tested = re.search(r"&without '(.*?)', eval_time", (Path(__file__).parent / "rules.test.yml").read_text())
        assert tested
        self.assertIn(json.dumps(tested[1].replace(".*", "$instance")), dashboard)

    def test_prometheus_can_read_what_each_panel_asks(self) -> None:
        dashboard = json.loads((PACKAGING / "grafana/exchange-clock.json").read_text())
        asked = [
            re.sub(r"\$\w+", ".*", target["expr"])
            for panel in dashboard["panels"] for target in panel["targets"]
        ]
        self.assertGreater(len(asked), 12)
        # Each as a rule, which promtool parses. JSON is YAML.
        rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(asked)]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            checked = promtool("check", "rules", file.name)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_grafana_knows_all_that_the_dashboard_says(self) -> None:
        """By the types that Grafana makes for its own formats: what they do not know is lost."""
        register_default_plugins()
        given = json.loads((PACKAGING / "grafana/exchange-clock.json").read_text())

        def lost(dashboard: object) -> list[str]:
            known = json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))
            return list(without(dashboard, known, ""))

        # Grafana itself writes down what it asked a variable's values with, beside the query.
        of_variables = [f".templating.list[{number}].definition" for number in (1, 2)]
        self.assertEqual(lost(given), of_variables)
        # It does see what Grafana would not.
        given["panels"][0]["fieldConfig"]["defaults"]["units"] = "s"
        given["panels"][1]["options"]["legnd"] = {}
        self.assertEqual(
            set(lost(given)) - set(of_variables),
            {".panels[0].fieldConfig.defaults.units", ".panels[1].options.legnd"})

    def test_panels_have_titles_units_and_places_of_their_own(self) -> None:
        dashboard = json.loads((PACKAGING / "grafana/exchange-clock.json").read_text())
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            self.assertTrue(panel["title"] and panel["description"] and panel["targets"])
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
            place = panel["gridPos"]
            cells = {
                (place["x"] + x, place["y"] + y)
                for x in range(place["w"]) for y in range(place["h"])
            }
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells


def without(given: object, known: object, path: str) -> Iterator[str]:
    """Paths of what is in one JSON value and not so in another."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            yield from without(value, known.get(key), f"{path}.{key}")
    elif isinstance(given, list) and isinstance(known, list) and len(given) == len(known):
        for number, (mine, theirs) in enumerate(zip(given, known)):
            yield from without(mine, theirs, f"{path}[{number}]")
    elif given != known:
        yield path


class RulesTests(unittest.TestCase):
    def test_each_alert_comes_when_it_should(self) -> None:
        rules = str(PACKAGING / "prometheus/exchange-clock.rules.yml")
        checked = promtool("check", "rules", rules)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        tested = promtool("test", "rules", str(Path(__file__).parent / "rules.test.yml"))
        self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
        alerts = set(re.findall(r"- alert: (\w+)", Path(rules).read_text()))
        named = (Path(__file__).parent / "rules.test.yml").read_text()
        for alert in alerts:
            # Once where it must not come, once where it must.
            self.assertGreaterEqual(named.count(f"alertname: {alert}"), 2, alert)


def load_tests(
    loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> unittest.TestSuite:
    if not (TOOLS / "promtool").exists():
        print(f"SKIPPED: metrics with a real Prometheus: there is none in {TOOLS} (make test-metrics)")
        return unittest.TestSuite()
    return tests


if __name__ == "__main__":
    unittest.main()
