"""Comments as GitHub shows them: tables, strikethrough, bare addresses; of HTML, next to nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ALLOWED = re.compile(r"&lt;(/?(?:sub|details|summary)|details open)&gt;")
_ADDRESS = re.compile(r"https?://[^\s<>`]*[^\s<>`.,:;!?'\"*_~)\]]")


def rendered(text: str) -> Markup:
    """``text`` as HTML that is safe to show. Comments (`<!-- -->`) vanish, unknown tags are shown as text."""
    return Markup(_PARSER.render(text))


def _html(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    escaped = html.escape(_COMMENT.sub("", tokens[index].content), quote=False)
    return _ALLOWED.sub(r"<\1>", escaped)


def _link_addresses(state: StateCore) -> None:
    for block in state.tokens:
        depth, linked = 0, []
        for token in block.children or []:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            linked += _linked(token) if token.type == "text" and not depth else [token]
        if block.children:
            block.children = linked


def _linked(token: Token) -> list[Token]:
    parts, end = [], 0
    for match in _ADDRESS.finditer(token.content):
        parts += [_text(token.content[end : match.start()]), *_link(match[0])]
        end = match.end()
    return [*parts, _text(token.content[end:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(address: str) -> list[Token]:
    opening = Token("link_open", "a", 1, attrs={"href": address})
    return [opening, _text(address), Token("link_close", "a", -1)]


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("image")
    parser.core.ruler.push("link_addresses", _link_addresses)
    parser.add_render_rule("html_block", _html)
    parser.add_render_rule("html_inline", _html)
    return parser


_PARSER = _parser()
