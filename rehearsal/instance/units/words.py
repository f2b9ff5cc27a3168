"""systemd's two little languages: the environment file and the command line of Exec*=."""

import re

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "\\": "\\", '"': '"', "'": "'"}


def parse_environment_file(text: str) -> dict[str, str]:
    """As systemd.exec(5), EnvironmentFile=, describes it; this is not a shell, so nothing is expanded."""
    variables: dict[str, str] = {}
    position = 0
    while position < len(text):
        line_end = text.find("\n", position)
        line_end = len(text) if line_end < 0 else line_end
        line = text[position:line_end]
        name, separator, _ = line.partition("=")
        if not separator or line.lstrip().startswith(("#", ";")):
            position = line_end + 1
            continue
        value, position = _value(text, position + len(name) + 1)
        if NAME.fullmatch(name.strip()):
            variables[name.strip()] = value
    return variables


def _value(text: str, i: int) -> tuple[str, int]:
    """One value, which quotes or a backslash may carry over several lines, and where the next line starts."""
    value, kept = "", 0  # kept: how much of it trailing white space must not take away again
    fresh = True  # a quote opens a quotation only at the start, or right after another one
    while i < len(text) and text[i] != "\n":
        c = text[i]
        if c == "\\":
            if text[i + 1 : i + 2] not in ("", "\n"):
                value += text[i + 1]
                kept = len(value)
                fresh = False
            i += 2
        elif c in "\"'" and fresh:
            quoted, i = _quoted(text, i + 1, c)
            value += quoted
            kept = len(value)
        else:
            if not c.isspace():
                fresh = False
            if value or not c.isspace():
                value += c
            if not c.isspace():
                kept = len(value)
            i += 1
    return value[:kept], i + 1


def _quoted(text: str, i: int, quote: str) -> tuple[str, int]:
    value = ""
    while i < len(text) and text[i] != quote:
        if text[i] == "\\" and quote == '"' and i + 1 < len(text):
            following = text[i + 1]
            value += following if following in '"\\`$' else "" if following == "\n" else "\\" + following
            i += 2
        else:
            value += text[i]
            i += 1
    return value, i + 1


def split_command(line: str) -> list[str]:
    """Words of a command line, quotes removed and escapes resolved; `$` is left for `expand`."""
    words: list[str] = []
    word, started, quote, i = "", False, "", 0
    while i < len(line):
        c = line[i]
        if c == "\\" and i + 1 < len(line):
            word, started, i = word + ESCAPES.get(line[i + 1], "\\" + line[i + 1]), True, i + 2
            continue
        if quote:
            quote, word = ("", word) if c == quote else (quote, word + c)
        elif c in "\"'":
            quote, started = c, True
        elif c.isspace():
            if started:
                words.append(word)
            word, started = "", False
        else:
            word, started = word + c, True
        i += 1
    if quote:
        raise ValueError(f"unbalanced {quote} in: {line}")
    return [*words, word] if started else words


def expand(words: list[str], environment: dict[str, str]) -> list[str]:
    """`${NAME}` inside a word; `$NAME` as a word of its own becomes as many words as its value has."""
    expanded: list[str] = []
    for word in words:
        if re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*", word):
            expanded += environment.get(word[1:], "").split()
            continue
        expanded.append(
            re.sub(
                r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}",
                lambda m: "$" if m[0] == "$$" else environment.get(m[1], ""),
                word,
            )
        )
    return expanded


SECONDS = {"": 1, "s": 1, "sec": 1, "seconds": 1, "ms": 0.001, "msec": 0.001, "us": 1e-6, "m": 60}
SECONDS |= {"min": 60, "minutes": 60, "h": 3600, "hr": 3600, "hours": 3600, "d": 86400, "day": 86400}


def parse_seconds(text: str) -> float:
    """A time span such as `90`, `5s`, `1min 30s`, `500ms`; `infinity` is infinity."""
    if text.strip() in ("infinity", ""):
        return float("inf")
    total, rest = 0.0, text.strip()
    while rest:
        match = re.match(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*", rest)
        if not match or match[2] not in SECONDS:
            raise ValueError(f"{text!r} is no time span; write for example 90, 5s or 1min 30s")
        total += float(match[1]) * SECONDS[match[2]]
        rest = rest[match.end() :]
    return total
