"""Foreign text in Markdown comes out as text, and stays readable raw."""

from __future__ import annotations

import pytest

from calibrate.markup import code, escaped, fenced


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain, text - 0.5, 3.5 % of it", "plain, text - 0.5, 3.5 % of it"),
        ("[0.1, -0.2]", "[0.1, -0.2]"),
        ("[0.1](x)", "\\[0.1\\](x)"),
        ("[1]: http", "\\[1\\]: http"),
        ("[red]", "\\[red\\]"),
        ("[x](javascript:y)", "\\[x\\](javascript:y)"),
        ("![x](y)", "!\\[x\\](y)"),
        ("a|b", "a\\|b"),
        ("a\\|b", "a\\\\\\|b"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("-->", "\\--&gt;"),
        ("> quote", "&gt; quote"),
        ("@me", "@&#8203;me"),
        ("@org/team me@x", "@&#8203;org/team me@&#8203;x"),
        ("see #12, a/b#3", "see #&#8203;12, a/b#&#8203;3"),
        ("http://x.y www.z WWW.z", "http:&#8203;//x.y www&#8203;.z WWW&#8203;.z"),
        ("::error::", ":&#8203;:&#8203;error:&#8203;:"),
        ("snake_case _x_", "snake_case \\_x\\_"),
        ("*a* ~c~ ~~d~~ $e$", "\\*a\\* \\~c\\~ \\~\\~d\\~\\~ \\$e\\$"),
        ("# h", "\\# h"),
        ("- item", "\\- item"),
        ("--- ", "\\--- "),
        ("+ item", "\\+ item"),
        ("=cmd()", "\\=cmd()"),
        ("-0.5", "-0.5"),
        ("1. one", "1\\. one"),
        ("1) one", "1\\) one"),
        ("1.5", "1.5"),
        ("`x`", "\\`x\\`"),
        ("two\nlines", "two\\\\nlines"),
        ("\u202ertl", "\\\\u202ertl"),
        ("", ""),
    ],
)
def test_escaped(text: str, safe: str) -> None:
    assert escaped(text) == safe


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("model.json", "`model.json`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("<b>&@me", "`<b>&@me`"),
        ("a|b`", "a\\|b\\`"),
        ("two\nlines", "`two\\nlines`"),
        ("", ""),
        (" ", " "),
    ],
)
def test_code(text: str, span: str) -> None:
    assert code(text) == span


def test_a_fence_is_longer_than_any_in_it() -> None:
    assert fenced("a ```` b") == "`````\na ```` b\n`````"


def test_long_text_is_cut_before_it_is_escaped() -> None:
    assert escaped("|" * 10, 3) == "\\|\\|\\|..."
    assert code("x" * 10, 3) == "`xxx...`"
