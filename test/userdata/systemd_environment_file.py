"""Prints one variable of an environment file as systemd reads it: the state machine of
parse_env_file_internal (systemd's src/basic/env-file.c, v252), state by state."""

import sys
from pathlib import Path

ESCAPED_IN_DOUBLE_QUOTES = '"\\`$'


def parse(text):
    found, state, key, value, kept = {}, "pre-key", "", "", 0
    for c in text + "\n":
        if state == "pre-key":
            if c in "#;":
                state = "comment"
            elif not c.isspace():
                state, key = "key", c
        elif state == "key":
            if c == "\n":
                state = "pre-key"
            elif c == "=":
                state, value, kept = "pre-value", "", 0
            else:
                key += c
        elif state == "pre-value":
            if c == "\n":
                found[key.rstrip()], state = value, "pre-key"
            elif c == "'":
                state = "single"
            elif c == '"':
                state = "double"
            elif c == "\\":
                state = "value-escape"
            elif not c.isspace():
                state, value = "value", value + c
                kept = len(value)
        elif state == "value":
            if c == "\n":
                found[key.rstrip()], state = value[:kept], "pre-key"
            elif c == "\\":
                state, kept = "value-escape", len(value)
            else:
                value += c
                kept = kept if c.isspace() else len(value)
        elif state == "value-escape":
            state = "value"
            if c != "\n":
                value += c
                kept = len(value)
        elif state == "single":
            if c == "'":
                state = "pre-value"
            else:
                value += c
        elif state == "double":
            if c == '"':
                state = "pre-value"
            elif c == "\\":
                state = "double-escape"
            else:
                value += c
        elif state == "double-escape":
            state = "double"
            if c in ESCAPED_IN_DOUBLE_QUOTES:
                value += c
            elif c != "\n":
                value += "\\" + c
        elif state == "comment" and c == "\n":
            state = "pre-key"
    return found


if __name__ == "__main__":
    sys.stdout.write(parse(Path(sys.argv[1]).read_text("utf-8"))[sys.argv[2]])
