"""Foreign text in Markdown comes out as text."""

from __future__ import annotations

import pytest

from calibrate.markup import code, escaped


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain, text - 0.5", "plain, text - 0.5"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("a|b", "a\\|b"),
        ("# head", "\\# head"),
        ("`code`", "\\`code\\`"),
        ("[x](javascript:y)", "\\[x\\](javascript:y)"),
        ("*a* _b_ ~c~ $d$", "\\*a\\* \\_b\\_ \\~c\\~ \\$d\\$"),
        ("two\nlines", "two\\\\nlines"),
        ("@org/team me@x", "@&#8203;org/team me@&#8203;x"),
        ("http://x.y www.z", "http&#58;//x.y www&#46;z"),
        ("&amp;", "&amp;amp;"),
        ("\u202ertl", "\\\\u202ertl"),
    ],
)
def test_escaped(text: str, safe: str) -> None:
    assert escaped(text) == safe


def test_code_where_it_can_be() -> None:
    assert code("model.json") == "`model.json`"
    assert code("a`b") == "a\\`b"
    assert code("<b>") == "&lt;b&gt;"
    assert code("") == ""
