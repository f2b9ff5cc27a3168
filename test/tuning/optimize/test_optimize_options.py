"""Bad input gets one sentence that names the option, what was got, and what is allowed."""

import pytest

from tuning.optimize.options import parse
from tuning.refusal import Refusal


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model").mkdir()
    return f"--model={tmp_path / 'model'}"


@pytest.fixture
def frozen(tmp_path):
    (tmp_path / "frozen.pb").touch()
    return f"--model={tmp_path / 'frozen.pb'}"


def test_the_defaults(model, tmp_path):
    options = parse([model, f"--output={tmp_path}"])
    assert (options.tolerance, options.relative_tolerance, options.pairs, options.seconds) == (
        1e-4,
        1e-3,
        5,
        60,
    )
    assert (options.version, options.batch, options.intra_op, options.requests) == (0, 0, 0, 8)
    assert (options.least_speedup, options.served_seconds, options.dry_run) == (0.98, 120, False)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--pairs=0", r"Argument --pairs: '0' must be a whole number from 1 to 1000\."),
        ("--pairs=2.5", r"Argument --pairs: '2.5' must be a whole number from 1 to 1000\."),
        ("--pairs=٣", r"Argument --pairs: '٣' must be a whole number"),
        ("--tolerance=nan", r"Argument --tolerance: 'nan' must be a number of at least 0\."),
        ("--tolerance=inf", r"Argument --tolerance: 'inf' must be a number of at least 0\."),
        ("--relative-tolerance=-1", r"--relative-tolerance: '-1' must be a number of at least 0\."),
        ("--seconds=0", r"Argument --seconds: '0' must be a number from 0.01 to 86400\."),
        ("--version=-1", r"Argument --version: '-1' must be a whole number of at least 0\."),
        ("--colour=red", r"Unrecognized arguments: --colour=red\."),
        ("--pair=3", r"Unrecognized arguments: --pair=3\."),
        ("--samples=/nowhere", r"--samples: /nowhere is no file\."),
        ("--inputs=a,,b", r"Argument --inputs: 'a,,b' must be names with commas between them\."),
        ("--dtype=int8", r"--dtype: only for a frozen graph; .*/model is a folder\."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(model, tmp_path, option, sentence):
    with pytest.raises(Refusal, match=sentence) as refused:
        parse([model, f"--output={tmp_path}", option])
    assert "\n" not in str(refused.value)


def test_without_a_model(tmp_path):
    with pytest.raises(Refusal, match=r"required: --model\."):
        parse([f"--output={tmp_path}"])
    with pytest.raises(Refusal, match=r"--model: /nowhere does not exist\."):
        parse(["--model=/nowhere", f"--output={tmp_path}"])


def test_only_a_dry_run_does_without_a_place_to_publish(model):
    with pytest.raises(Refusal, match="--output: a model base path is needed, or --dry-run"):
        parse([model])
    assert parse([model, "--dry-run"]).output is None


def test_a_frozen_graph_has_names_and_no_versions(frozen, tmp_path):
    assert parse([frozen, f"--output={tmp_path}", "--inputs=x"]).outputs == []
    with pytest.raises(Refusal, match="has no versions"):
        parse([frozen, f"--output={tmp_path}", "--inputs=x", "--outputs=y", "--version=2"])
    options = parse([frozen, f"--output={tmp_path}", "--inputs=x, z", "--outputs=y"])
    assert (options.inputs, options.outputs) == (["x", "z"], ["y"])


def test_an_empty_option_of_a_document_means_none(model, tmp_path):
    assert parse([model, f"--output={tmp_path}", "--samples=", "--batch=0", "--version=0"]).samples is None
