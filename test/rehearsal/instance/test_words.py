"""systemd's environment file and command line by systemd.exec(5) and systemd.service(5)."""

import pytest

from rehearsal.instance.units.words import expand, parse_environment_file, parse_seconds, split_command


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
        ("# A=1\n; B=2\n  # C=3\nD=4", {"D": "4"}),
        ("A=  padded  \nB=x", {"A": "padded", "B": "x"}),
        ("A='single $HOME \\n'\n", {"A": "single $HOME \\n"}),
        ('A="a \\"b\\" \\$c \\`d\\` \\\\e \\f"\n', {"A": 'a "b" $c `d` \\e \\f'}),
        ('A="two\nlines"\nB=2', {"A": "two\nlines", "B": "2"}),
        ("A=one\\\ntwo\nB=2", {"A": "onetwo", "B": "2"}),
        ('A=in"side"\n', {"A": 'in"side"'}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("A=x=y\n", {"A": "x=y"}),
        ("no assignment\nA=1", {"A": "1"}),
        ("1A=1\nA-B=2\nC=3", {"C": "3"}),
        ("A=\\ x\n", {"A": " x"}),
        ('A="quoted"   \nB=1', {"A": "quoted", "B": "1"}),
    ],
)
def test_environment_file(text, expected):
    assert parse_environment_file(text) == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/bin/x  a   b", ["/bin/x", "a", "b"]),
        ("/bin/x 'a b' \"c d\" e'f 'g", ["/bin/x", "a b", "c d", "ef g"]),
        ("/bin/x '' \"\"", ["/bin/x", "", ""]),
        ("/bin/x a\\x20b c\\sd", ["/bin/x", "a\\x20b", "c d"]),
        ('/bin/x --flag="a b"', ["/bin/x", "--flag=a b"]),
    ],
)
def test_command_line(line, words):
    assert split_command(line) == words


def test_unbalanced_quote_names_the_line():
    with pytest.raises(ValueError, match="unbalanced ' in: /bin/x 'a"):
        split_command("/bin/x 'a")


def test_variables_in_a_command_line():
    environment = {"ONE": "a b", "TWO": "c"}
    words = ["x", "$ONE", "${ONE}", "-${TWO}-", "$TWO!", "$$TWO", "$NONE", "${NONE}"]
    assert expand(words, environment) == ["x", "a", "b", "a b", "-c-", "$TWO!", "$TWO", ""]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("5s", 5),
        ("1min 30s", 90),
        ("500ms", 0.5),
        ("1h", 3600),
        ("1.5s", 1.5),
        ("infinity", float("inf")),
    ],
)
def test_time_span(text, seconds):
    assert parse_seconds(text) == seconds


def test_a_wrong_time_span_says_what_is_right():
    with pytest.raises(
        ValueError, match="'5 fortnights' is no time span; write for example 90, 5s or 1min 30s"
    ):
        parse_seconds("5 fortnights")
