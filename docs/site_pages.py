#!/usr/bin/env python3
"""The order of the pages of this folder, the links from each to the next, and the pages as HTML.

    python3 docs/site_pages.py               writes the last line of each page
    python3 docs/site_pages.py --html DIR    writes a site into DIR; needs cmark-gfm

docs/README.md is the order: the pages that it lists, one after the other.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parent
FOOTER = re.compile(r"\n---\n\n[^\n]*\[Contents\]\(README\.md\)[^\n]*\n\Z")
STYLE = """
:root { color-scheme: light dark; --line: #8884; --link: #06c; }
@media (prefers-color-scheme: dark) { :root { --link: #6bf; } }
body { display: grid; grid-template-columns: 15rem minmax(0, 54rem); gap: 2rem; margin: 0 2rem 4rem;
  font: 16px/1.55 system-ui, sans-serif; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding-top: 2rem; }
nav ol { padding-left: 2rem; } nav b { font-weight: 600; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
h1, h2, h3 { line-height: 1.25; } h2 { border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
pre { overflow: auto; padding: .8rem; border: 1px solid var(--line); border-radius: 4px; line-height: 1.4; }
code { font: 14px/1.4 ui-monospace, monospace; }
table { display: block; overflow: auto; border-collapse: collapse; }
td, th { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top; }
th:empty { padding: 0; border: 0; }
img { max-width: 100%; background: #fff; }
@media (max-width: 50rem) { body { display: block; margin: 0 1rem 3rem; } nav { position: static; } }
"""


def order() -> list[str]:
    """The names of the pages, as they are to be read."""
    return re.findall(r"^\d+\. \[[^]]+\]\(([\w-]+\.md)\)", (DOCS / "README.md").read_text(), re.M)


def title(name: str) -> str:
    return (DOCS / name).read_text().partition("\n")[0].removeprefix("# ")


def pages_with_links() -> Iterator[tuple[Path, str]]:
    """Each page, and what it should hold: its own text and the links to its neighbours."""
    names = order()
    for index, name in enumerate(names):
        path = DOCS / name
        before = f"[← {title(names[index - 1])}]({names[index - 1]}) · " if index else ""
        after = names[index + 1] if index + 1 < len(names) else ""
        behind = f" · [{title(after)} →]({after})" if after else ""
        text = FOOTER.sub("", path.read_text()).rstrip("\n")
        yield path, f"{text}\n\n---\n\n{before}[Contents](README.md){behind}\n"


# MARK: HTML


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub has it."""
    text = html.unescape(re.sub("<[^>]*>", "", heading)).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def rendered(markdown: str) -> str:
    run = subprocess.run(
        ["cmark-gfm", "--extension", "table", "--extension", "autolink"], input=markdown,
        capture_output=True, text=True, check=True)
    return re.sub(
        r"<h(\d)>(.*?)</h\d>", lambda found: f'<h{found[1]} id="{slug(found[2])}">{found[2]}</h{found[1]}>',
        run.stdout, flags=re.S)


def write_site(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    shutil.copytree(DOCS / "figures", directory / "figures")
    readme, contents = DOCS.parent / "README.md", DOCS / "README.md"
    pages = {contents: "index.html", readme: "readme.html"}
    pages |= {DOCS / name: f"{name[:-3]}.html" for name in order()}

    def target(address: str, page: Path) -> str:
        path, hash, anchor = address.partition("#")
        if not path or ":" in path:
            return address
        file = (page.parent / path).resolve()
        if file in pages:
            return f"{pages[file]}{hash}{anchor}"
        if file.parent == DOCS / "figures":
            return f"figures/{file.name}"
        # What is no page goes along as it is.
        copy = directory / "source" / file.relative_to(DOCS.parent)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if file.is_dir() else shutil.copy)(file, copy)
        return f"{copy.relative_to(directory)}{hash}{anchor}"

    for page, name in pages.items():
        items = "".join(
            f"<li>{f'<b>{html.escape(title(each))}</b>' if DOCS / each == page else link(each)}</li>"
            for each in order())
        body = re.sub(
            r'(href|src)="([^"]*)"', lambda found: f'{found[1]}="{target(found[2], page)}"',
            rendered(page.read_text()))
        heading = html.escape(page.read_text().partition("\n")[0].removeprefix("# "))
        (directory / name).write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{heading}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
            f'<nav><a href="readme.html">exchange-clock</a> · <a href="index.html">Contents</a>'
            f"<ol>{items}</ol></nav><main>{body}</main></html>\n")


def link(name: str) -> str:
    return f'<a href="{name[:-3]}.html">{html.escape(title(name))}</a>'


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--html", type=Path, metavar="DIR")
    directory = parser.parse_args().html
    if directory is not None:
        write_site(directory)
        print(directory / "index.html")
        return 0
    for page, text in pages_with_links():
        if page.read_text() != text:
            page.write_text(text)
            print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
