"""JSON that people wrote: what is wrong with it, where, and how to mend it."""

import pytest

from lib_anim.errors import FieldError
from lib_anim.settings.json_text import parse_json

QUOTE = "a quotation mark inside a text; write \\\" for it, or '"
COMMA = "a comma is missing; write , before it"
COLON = "a colon is missing; write : behind the key"
LAST = "a comma before a closing bracket; remove it"
COMMENT = "a comment; JSON has none; remove it"
BARE = "a text without quotes; put it into double quotes"
CURLY = 'curly quotes; write straight ones: "'
PYTHON = "a word of Python; write true, false or null"
SINGLE = 'single quotes; write double ones: "'
NUMBERS = "NaN and Infinity are no numbers in JSON; write a number, or null"
BACKSLASH = "a backslash that means nothing; write paths with / or with \\\\"
ENDS = "it ends too early; is a bracket missing at the end?"

# a text, the column in its last line where it is told (None for nowhere), what is told
FAULTS = [
    ('{"a": "a "red" house"}', 11, QUOTE),
    ('{"a": "the ""red"" one"}', 13, QUOTE),
    ('{"a": "say "b", c"}', 13, QUOTE),
    ('{"a "b" c": 1}', 6, QUOTE),
    ('{"a": "C:\\Users\\me"}', 10, BACKSLASH),
    ('{"a": "C:\\new\\u12"}', 15, BACKSLASH),
    ('{"a": True}', 7, PYTHON),
    ('{"a": [False, 1]}', 8, PYTHON),
    ('{"a": None,"b": 1}', 7, PYTHON),
    ("{a: 1}", 2, BARE),
    ('{"a": word}', 7, BARE),
    ("{'a': 1}", 2, SINGLE),
    ("{\"a\": 'x'}", 7, SINGLE),
    ("{\u201ca\u201d: 1}", 2, CURLY),
    ('{"a": \u00abx\u00bb}', 7, CURLY),
    ('{"a": 1 // x\n}', 9, COMMENT),
    ('{"a": 1, # x\n "b": 2}', 10, COMMENT),
    ('/* x */ {"a": 1}', 1, COMMENT),
    ('{"a": 1', 8, ENDS),
    ('{"a": ', 7, ENDS),
    ("", 1, "it is empty"),
    ('{"a": "x', 7, 'a text that is not closed; write " at its end'),
    ('{"a": 1} {"b": 2}', 10, "more text behind the end; remove it"),
    ('"a": 1, "b": 2', 4, "keys without brackets around them; write { before the first and } behind the last"),
    ('{"a": NaN}', None, NUMBERS),
    ('{"a": -Infinity}', None, NUMBERS),
    ('{"a": nan}', 7, NUMBERS),
    ('{"a": .5}', 7, "a number that begins with a point; write a 0 before it"),
    ('{"a": +5}', 7, "a number with a plus sign; write it without"),
    ('{"a": 1,5}', 9, "a decimal comma; write a decimal point"),
    ('{"a": 01}', 8, "a number that begins with 0; write it without"),
    ('{"a": 1.}', 8, "a number that ends with a point; write it without"),
    ('{"a": 1 "b": 2}', 9, COMMA),
    ('{"a": "x" "b": 2}', 11, COMMA),
    ('{"a" 1}', 6, COLON),
    ('{"a" {"b": 1}}', 6, COLON),
    ('{"a"}', 5, COLON),
    ('{"a": [1, 2}', 12, "a bracket of the other kind; write ] where [ was opened, } where { was"),
    ('{"a": "x\ty"}', 9, "a control character inside a text; remove it; a tab is \\t"),
    ('{"a": }', 7, "a value is missing"),
    ('{"a":' * 20_000, None, "nested too deeply"),
    ('{"a": ' + "9" * 5_000 + "}", None, "a number of thousands of digits"),
]


@pytest.mark.parametrize(("text", "column", "told"), FAULTS)
def test_what_is_wrong_where_and_what_to_do(text, column, told):
    with pytest.raises(FieldError) as error:
        parse_json(text)
    assert str(error.value).partition("not valid JSON: ")[2] == told
    assert error.value.place.column == column


# faults whose place Python's versions put differently, or that go over lines: text, (line, column) of any, what is told
ELSEWHERE = [
    ('{"a": 1,}', {(1, 8), (1, 9)}, LAST),
    ("[1, 2,]", {(1, 6), (1, 7)}, LAST),
    ('{"a": 1\n "b": 2}', {(2, 2)}, COMMA),
    ('{"a": "x"\n "b": 2}', {(2, 2)}, COMMA),
    ('{"a": "x\ny"}', {(1, 9)}, "a line break inside a text; write \\n for it, or put the text on one line"),
    ('{"a": [1,\n 2],\n}', {(2, 4), (3, 1)}, LAST),
]


@pytest.mark.parametrize(("text", "places", "told"), ELSEWHERE)
def test_what_is_wrong_over_lines(text, places, told):
    with pytest.raises(FieldError) as error:
        parse_json(text)
    assert str(error.value).partition("not valid JSON: ")[2] == told
    assert (error.value.place.line, error.value.place.column) in places


def test_what_is_right_is_read():
    assert parse_json('{"a": [1, 2.5, "x", true, null], "b": {}}') == {"a": [1, 2.5, "x", True, None], "b": {}}
    assert parse_json('{"a": 1, "a": 2}', lambda pairs: pairs) == [("a", 1), ("a", 2)]
