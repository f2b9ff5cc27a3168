"""Settings in the words of ServingOptions, and in those of the boot scripts."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tuning.refusal import Refusal
from tuning.sweep.settings import DEFAULT_VARIABLES, Batching, Settings, parse

ROOT = Path(__file__).resolve().parents[3]
_IN_TYPESCRIPT = """
const { readFileSync } = require('node:fs');
const { recommendedServing } = require('./lib/serving/recommended-serving.ts');
const options = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(options.map((one) => recommendedServing(one, { container: true }).environment)));
"""
EVERY = Settings(4, 2, 3, Batching(16, 250), False)


def test_the_variables_are_those_of_the_construct_library():
    """What the stack would put on an instance for these options, and what a candidate gets, are one thing."""
    settings = [Settings(), Settings(batching=Batching(8)), EVERY]
    given = json.dumps([one.serving_options() for one in settings])
    done = subprocess.run(
        ["node", "--require", "tsx/cjs", "-e", _IN_TYPESCRIPT],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for one, environment in zip(settings, json.loads(done.stdout), strict=True):
        ports = {"GTF_REST_PORT": "8501", "GTF_GRPC_PORT": "8500"}
        assert {**ports, **DEFAULT_VARIABLES, **one.variables()} == environment


def test_only_what_differs_from_the_defaults_is_an_option():
    assert Settings().serving_options() == {}
    assert EVERY.serving_options() == {
        "processes": 4,
        "intraOpThreads": 2,
        "interOpThreads": 3,
        "bf16FastMath": False,
        "batching": {"maxBatchSize": 16, "batchTimeoutMicros": 250},
    }
    assert Settings(batching=Batching(16, 1000)).serving_options() == {"batching": {"maxBatchSize": 16}}


@pytest.mark.parametrize("settings", [Settings(intra_op_threads=2), EVERY])
def test_a_reports_candidate_is_read_back(settings: Settings):
    assert parse(settings.document(7)) == settings
    assert parse(settings.serving_options()) == settings


def test_what_is_left_open_is_reported_as_the_number_in_force():
    assert Settings(processes=2).document(8)["intraOpThreads"] == 8


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "got []; allowed is an object with processes"),
        ({"threads": 2}, "it has the key 'threads'; allowed are processes, intraOpThreads"),
        ({"processes": 0}, "processes is 0; allowed is a whole number from 1 to 1024"),
        ({"processes": True}, "processes is True; allowed is a whole number"),
        ({"intraOpThreads": "2"}, "intraOpThreads is '2'; allowed is a whole number"),
        ({"interOpThreads": 1.5}, "interOpThreads is 1.5; allowed is a whole number"),
        ({"bf16FastMath": "on"}, "bf16FastMath is 'on'; allowed are true and false"),
        ({"batching": 8}, "batching is 8; allowed is an object with maxBatchSize"),
        ({"batching": {}}, "batching has no maxBatchSize"),
        ({"batching": {"maxBatchSize": -1}}, "batching.maxBatchSize is -1; allowed"),
        (
            {"batching": {"maxBatchSize": 1, "size": 2}},
            "batching has the key 'size'; allowed are maxBatchSize",
        ),
    ],
)
def test_bad_settings_are_refused_by_name(given, sentence: str):
    with pytest.raises(Refusal) as refused:
        parse(given)
    assert str(refused.value).startswith("--settings: ")
    assert sentence in str(refused.value)
    assert str(refused.value).count(". ") == 0
