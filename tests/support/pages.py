"""Reads a rendered page as a browser's parser would, and keeps what a test asks about."""

from html.parser import HTMLParser

VOID = {"meta", "rect", "line"}


class Page(HTMLParser):
    """Elements as (tag, attributes), all text, tables as rows of cells, and tags that were never closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.rows: dict[str, list[list[str]]] = {}
        self.unclosed: list[str] = []
        self._table = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag not in VOID:
            self.unclosed.append(tag)
        if tag == "table":
            self._table = found.get("class", "")
            self.rows[self._table] = []
        elif tag == "tr":
            self.rows[self._table].append([])
        elif tag in {"td", "th"}:
            self.rows[self._table][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if {"td", "th"} & set(self.unclosed):
            self.rows[self._table][-1][-1] += data

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def having(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        """The attributes of every such element."""
        wanted = attributes.items()
        return [found for name, found in self.elements if name == tag and wanted <= found.items()]
