"""Text → HTML that shows exactly that text."""

from __future__ import annotations

import html

from assistant.types import Words

# gradio's HTML component evaluates its template as a JavaScript template string and as Handlebars. Values are not
# templates, but should that ever change, text without `$`, `{`, `}`, backtick and backslash has nothing to evaluate.
_INERT = str.maketrans({c: f"&#{ord(c)};" for c in "$`{}\\"})


def esc(text: str) -> str:
    """`text` for element content and for quoted attributes."""
    return html.escape(text, quote=True).translate(_INERT)


def both(said: Words) -> str:
    """A sentence of ours in both languages; the style sheet shows the one of the page."""
    return f'<span class="ui-zh" lang="zh">{esc(said.zh)}</span><span class="ui-en" lang="en">{esc(said.en)}</span>'
