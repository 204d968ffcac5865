"""Every link of the documentation leads somewhere, and every page is reached in reading order."""

from __future__ import annotations

import html
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pages import DOCS, ROOT, anchors, links, name, pages, prose, slug_of

sys.path.insert(0, str(DOCS))
import site_pages  # noqa: E402  (its path is set above)


ONLINE = "EXCHANGE_CLOCK_ONLINE"
"""Set where there is an internet: then what links lead to outside is asked for."""
EXAMPLES = re.compile(r"(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|org|net)$")
GONE = {404, 410}
"""Other refusals mean that somebody is there who does not like programs."""


def problem_with(target: str) -> str | None:
    """Why nobody who follows the link sees anything; nil where they do."""
    asked = urllib.request.Request(
        target.partition("#")[0], headers={"User-Agent": "Mozilla/5.0 (exchange-clock, link check)"})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            answer.read(1)
    except urllib.error.HTTPError as refusal:
        return f"HTTP {refusal.code}" if refusal.code in GONE else None
    except (OSError, ValueError) as failure:
        return str(failure)
    return None


class LinkTests(unittest.TestCase):
    def test_relative_links_and_anchors_resolve(self) -> None:
        tracked = set(subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split("\n"))
        count = 0
        for page in pages():
            for line, target in links(page):
                if urlsplit(target).scheme:
                    continue
                count += 1
                with self.subTest(f"{name(page)}:{line}", target=target):
                    path, _, anchor = target.partition("#")
                    file = (page.parent / unquote(path)).resolve() if path else page
                    self.assertTrue(file.exists(), f"there is no {file}")
                    if file.is_file():
                        self.assertTrue(name(file) in tracked, "it is not under version control")
                    if anchor:
                        self.assertEqual(file.suffix, ".md")
                        self.assertIn(anchor, anchors(file))
        self.assertGreater(count, 100)
        print(f"    {count} relative links resolve", file=sys.stderr)

    def test_external_links_are_well_formed(self) -> None:
        """And lead somewhere, where there is an internet to ask."""
        found: dict[str, set[str]] = {}
        for page in pages():
            for line, target in links(page):
                parts = urlsplit(target)
                if not parts.scheme:
                    continue
                with self.subTest(f"{name(page)}:{line}", target=target):
                    self.assertIn(parts.scheme, ("https", "http"))
                    self.assertRegex(parts.netloc, r"^[\w-]+(\.[\w-]+)+(:\d+)?$")
                found.setdefault(target, set()).add(name(page))
        real = sorted(
            target for target in found if not EXAMPLES.search(urlsplit(target).hostname or ""))
        self.assertTrue(real)
        if not os.environ.get(ONLINE):
            print(f"\nSKIPPED: {len(real)} links to elsewhere: not asked for without {ONLINE}=1",
                  file=sys.stderr)
            return
        with ThreadPoolExecutor(8) as threads:
            problems = dict(zip(real, threads.map(problem_with, real), strict=True))
        for target, problem in problems.items():
            with self.subTest(target, pages=sorted(found[target])):
                self.assertIsNone(problem)
        print(f"    {len(real)} links to elsewhere answer", file=sys.stderr)

    def test_a_link_to_nothing_is_noticed(self) -> None:
        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response({"/there": 200, "/not-for-you": 403}.get(self.path, 404))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Answers) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            base = f"http://127.0.0.1:{server.server_port}"
            said = [problem_with(base + path) for path in ("/there#x", "/not-for-you", "/gone")]
            server.shutdown()
            thread.join()
        self.assertEqual(said, [None, None, "HTTP 404"])
        self.assertIsNotNone(problem_with(base), "nobody listens there any more")

    def test_bare_names_of_pages_are_links(self) -> None:
        """`protocol.md` in a text helps nobody who reads it as a site."""
        for page in pages():
            for found in re.finditer(r"`([\w-]+\.md)`", prose(page)):
                with self.subTest(f"{name(page)}: {found[0]}"):
                    self.assertFalse((DOCS / found[1]).exists())

    def test_slugs_are_those_of_github(self) -> None:
        for heading, slug in (
            ("A `code` word", "a-code-word"), ("What's next?", "whats-next"),
            ("[A link](b.md) and -1021", "a-link-and--1021"), ("C11, C++17", "c11-c17"),
        ):
            self.assertEqual(slug_of(heading), slug)


class SiteTests(unittest.TestCase):
    """`make site`: every link of the HTML leads to something in it."""

    def test_the_site_is_whole(self) -> None:
        if shutil.which("cmark-gfm") is None:
            print("\nSKIPPED: the documentation as HTML: cmark-gfm is not installed", file=sys.stderr)
            self.skipTest("no cmark-gfm")
        site = Path(self.enterContext(tempfile.TemporaryDirectory())) / "site"
        site_pages.write_site(site)
        made = sorted(site.glob("*.html"))
        self.assertEqual(len(made), len(site_pages.order()) + 2, "the README and the contents")
        texts = {page: page.read_text() for page in made}
        count = 0
        for page, text in texts.items():
            for link in re.findall(r'(?:href|src)="([^"]*)"', text):
                if urlsplit(link).scheme:
                    continue
                path, _, anchor = html.unescape(link).partition("#")
                target = site / path if path else page
                with self.subTest(page.name, link=link):
                    self.assertTrue(target.exists())
                    if anchor and target in texts:
                        self.assertIn(f'id="{unquote(anchor)}"', texts[target])
                count += 1
        self.assertGreater(count, 300)
        print(f"    {len(made)} pages of HTML, {count} links", file=sys.stderr)


class OrderTests(unittest.TestCase):
    def test_the_contents_name_every_page_once(self) -> None:
        order = site_pages.order()
        self.assertEqual(sorted(order), sorted(
            page.name for page in DOCS.glob("*.md") if page.name != "README.md"),
            "docs/README.md lists the pages in the order in which they are to be read")

    def test_every_page_leads_to_the_next_one(self) -> None:
        for page, text in site_pages.pages_with_links():
            with self.subTest(page.name):
                self.assertEqual(page.read_text(), text, "run make docs")


if __name__ == "__main__":
    unittest.main()
