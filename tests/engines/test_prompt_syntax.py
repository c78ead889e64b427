"""What prompts mean, against the WebUI's own documented examples (facts of its prompt language)."""

import pytest

from lib_anim.engines.diffusers.prompt_syntax import Lora, at_step, attention, conjuncts, is_edited, without_networks


def schedule(text, steps=10):
    """[(last step that reads so, text)], as the WebUI writes its schedules."""
    result = []
    for step in range(1, steps + 1):
        now = at_step(text, step, steps)
        if result and result[-1][1] == now:
            result[-1] = (step, now)
        else:
            result.append((step, now))
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("test", [(10, "test")]),
        ("a [b:3]", [(3, "a "), (10, "a b")]),
        ("a [b: 3]", [(3, "a "), (10, "a b")]),
        ("a [[[b]]:2]", [(2, "a "), (10, "a [[b]]")]),
        ("[(a:2):3]", [(3, ""), (10, "(a:2)")]),
        ("a [b : c : 1] d", [(1, "a b  d"), (10, "a  c  d")]),
        ("a[b:[c:d:2]:1]e", [(1, "abe"), (2, "ace"), (10, "ade")]),
        ("a [unbalanced", [(10, "a [unbalanced")]),
        ("a [b:.5] c", [(5, "a  c"), (10, "a b c")]),
        ("((a][:b:c [d:3]", [(3, "((a][:b:c "), (10, "((a][:b:c d")]),
        ("[a::0.3]", [(3, "a"), (10, "")]),
        ("[fe|]male", [(1, "female"), (2, "male")] * 5),
        ("a [cat] b", [(10, "a [cat] b")]),
        (r"\[a:b:3]", [(10, r"\[a:b:3]")]),
        ("[a:b:99]", [(10, "a")]),
    ],
)
def test_editing(text, expected):
    found = schedule(text)
    if text == "[fe|]male":
        expected = [(step, "female" if step % 2 else "male") for step in range(1, 11)]
    assert found == expected


def test_call_0_reads_as_step_1():
    assert [at_step("[a|b]", call, 4) for call in range(4)] == ["a", "a", "b", "a"]


def test_is_edited():
    assert is_edited("x [a:b:3]")
    assert is_edited("[a|b]")
    assert not is_edited("[a] (b:1.2)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("normal text", [("normal text", 1.0)]),
        ("an (important) word", [("an ", 1.0), ("important", 1.1), (" word", 1.0)]),
        ("(unbalanced", [("unbalanced", 1.1)]),
        (r"\(literal\]", [("(literal]", 1.0)]),
        ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
        (
            "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
            [
                ("a ", 1.0),
                ("house", 1.573),
                (" ", 1.1),
                ("on", 1.0),
                (" a ", 1.1),
                ("hill", 0.55),
                (", sun, ", 1.1),
                ("sky", 1.4641),
                (".", 1.1),
            ],
        ),
        ("a BREAK b", [("a", 1.0), ("BREAK", -1.0), ("b", 1.0)]),
        ("", [("", 1.0)]),
        ("ratio 16:9", [("ratio 16:9", 1.0)]),
    ],
)
def test_attention(text, expected):
    found = attention(text)
    assert [piece for piece, _ in found] == [piece for piece, _ in expected]
    assert [weight for _, weight in found] == pytest.approx([weight for _, weight in expected])


def test_and():
    assert conjuncts("a cat") == [("a cat", 1.0)]
    assert conjuncts("a cat AND a dog :0.5 AND x:-1") == [("a cat", 1.0), (" a dog", 0.5), (" x", -1.0)]
    assert conjuncts("SAND AND LAND") == [("SAND", 1.0), (" LAND", 1.0)]
    assert conjuncts("ratio 16:9x") == [("ratio 16:9x", 1.0)]


def test_networks():
    bare, loras, unknown = without_networks("a <lora:my file:0.5> b <lora:two> <hypernet:x:1> <lora:q:a>c < d")
    assert bare == "a  b   c < d"
    assert loras == [Lora("my file", 0.5), Lora("two", 1.0)]
    assert unknown == ["<hypernet:x:1>", "<lora:q:a>"]


@pytest.mark.timeout(20)  # none may hang
@pytest.mark.parametrize(
    "text", ["[" * 200_000, "[a:" * 20_000 + "]" * 20_000, "(" * 100_000, "a" + " " * 200_000, "<" * 200_000]
)
def test_absurd_texts(text):
    assert at_step(text, 1, 5) == text  # nothing in it is an edit, a weight, a conjunction or a tag
    words = str.maketrans("", "", "[]()")
    assert "".join(piece for piece, _ in attention(text)).translate(words) == text.translate(words)
    assert conjuncts(text) == [(text.rstrip(), 1.0)]
    assert without_networks(text) == (text, [], [])
