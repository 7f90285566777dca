"""
A reply's HTML as a tree the page can build elements from.

The page never sets markup: it makes the elements named here, one by one, and everything else is
text. A tag outside the list is shown as it was written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

# Tag -> the attributes that survive. Telegram's subset, and no more.
ALLOWED: dict[str, tuple[str, ...]] = {
    "b": (),
    "i": (),
    "u": (),
    "s": (),
    "code": (),
    "pre": (),
    "blockquote": (),
    "tg-spoiler": (),
    "tg-time": ("unix", "format"),
    "a": ("href",),
}
SAME_AS = {"strong": "b", "em": "i", "ins": "u", "strike": "s", "del": "s"}
LINK_SCHEMES = frozenset({"https", "http", "tg"})
DEEPEST = 16  # Telegram nests less; deeper markup is shown as text.


@dataclass(slots=True)
class _Element:
    tag: str
    attributes: dict[str, str]
    children: list[object] = field(default_factory=list[object])

    def as_json(self) -> list[object]:
        """`[tag, attributes, children]`; a child is text or another such list."""
        children = [
            each.as_json() if isinstance(each, _Element) else each for each in self.children
        ]
        return [self.tag, self.attributes, children]


def tree(text: str) -> list[object]:
    """The children of the root: strings, and `[tag, attributes, children]` for elements."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    children = reader.root.as_json()[2]
    assert isinstance(children, list)  # noqa: S101 - as_json made it
    return children


def plain(text: str) -> str:
    """The words of a reply without its markup."""
    return _words(tree(text))


def _words(children: list[object]) -> str:
    parts: list[str] = []
    for child in children:
        if isinstance(child, str):
            parts.append(child)
        elif isinstance(child, list):
            parts.append(_words(child[2]))
    return "".join(parts)


def _kept(tag: str, attributes: list[tuple[str, str | None]]) -> dict[str, str] | None:
    """The attributes that survive, or None when the element must not be made."""
    kept = {name: value or "" for name, value in attributes if name in ALLOWED[tag]}
    if tag == "a" and urlsplit(kept.setdefault("href", "")).scheme not in LINK_SCHEMES:
        return None
    if tag == "tg-time" and not kept.setdefault("unix", "").isdecimal():
        return None
    return kept


class _Reader(HTMLParser):
    """Builds the tree. A closing tag that closes nothing is text too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = SAME_AS.get(tag, tag)
        kept = _kept(name, attrs) if name in ALLOWED and len(self._open) < DEEPEST else None
        if kept is None:
            self.handle_data(self.get_starttag_text() or "")
            return
        element = _Element(name, kept)
        self._open[-1].children.append(element)
        self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_data(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        name = SAME_AS.get(tag, tag)
        depth = len(self._open) - 1
        while depth > 0 and self._open[depth].tag != name:
            depth -= 1
        if depth:
            del self._open[depth:]
        else:
            self.handle_data(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        children = self._open[-1].children
        if children and isinstance(children[-1], str):
            children[-1] += data
        elif data:
            children.append(data)

    def handle_comment(self, data: str) -> None:
        self.handle_data(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.handle_data(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.handle_data(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.handle_data(f"<![{data}]>")

    def set_cdata_mode(self, elem: str, *, escapable: bool = False) -> None:
        """Scripts and styles are no different here: what follows them is read on as text."""
