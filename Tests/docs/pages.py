"""The pages of the documentation: their fenced blocks, headings, anchors and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
MARK = re.compile(r"^<!-- (run|not run): (.+?) -->$")
FENCE = re.compile(r"^( *)```(\S*)(.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block, and what the line before it says of how it is run."""

    page: str
    """Its path below the root of the tree."""
    line: int
    """That of the fence, from 1."""
    language: str
    mark: str
    """`run` or `not run`; empty where nothing is said."""
    word: str
    """What follows the mark."""
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """All that people read; not what is generated elsewhere, nor built."""
    found = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    found += sorted(DOCS.glob("*.md")) + sorted((ROOT / "clients").glob("*/README.md"))
    return found


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text().splitlines()
    index = 0
    while index < len(lines):
        fence = FENCE.match(lines[index])
        if not fence:
            index += 1
            continue
        begin = index
        mark = MARK.match(lines[begin - 1]) if begin else None
        index += 1
        body: list[str] = []
        while index < len(lines) and lines[index].strip() != "```":
            body.append(lines[index].removeprefix(fence[1]))
            index += 1
        if index == len(lines):
            raise ValueError(f"{name(page)}:{begin + 1}: the block has no end")
        index += 1
        yield Block(
            name(page), begin + 1, fence[2], mark[1] if mark else "", mark[2] if mark else "",
            "\n".join(body) + "\n")


def all_blocks() -> list[Block]:
    return [block for page in pages() for block in blocks(page)]


@cache
def prose(page: Path) -> str:
    """The page with its fenced blocks left out, line by line."""
    kept: list[str] = []
    is_code = False
    for line in page.read_text().splitlines():
        if FENCE.match(line):
            is_code = not is_code
            kept.append("")
        else:
            kept.append("" if is_code else line)
    return "\n".join(kept)


@cache
def anchors(page: Path) -> frozenset[str]:
    """What can be linked to, as GitHub names headings."""
    found: dict[str, int] = {}
    names: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.*?) *#*$", prose(page), re.M):
        slug = slug_of(heading)
        count = found.get(slug, 0)
        found[slug] = count + 1
        names.add(f"{slug}-{count}" if count else slug)
    return frozenset(names)


def slug_of(heading: str) -> str:
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.replace("`", "").lower()).replace(" ", "-")


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Each target of a link or picture, with its line."""
    # Inline code holds no links; its length is kept, so that lines are.
    text = re.sub(r"`[^`\n]*`", lambda code: "x" * len(code[0]), prose(page))
    for found in re.finditer(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", text):
        yield text.count("\n", 0, found.start()) + 1, found[1]
    for found in re.finditer(r"<(https?://[^>\s]+)>", text):
        yield text.count("\n", 0, found.start()) + 1, found[1]
