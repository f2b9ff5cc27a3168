"""--batching_parameters_file: TF Serving's names and defaults, and one sentence for what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_server import arguments, batching_parameters
from model_server.batching_parameters import BadParameters, BatchingParameters


def _read(text: str, folder: Path) -> BatchingParameters:
    file = folder / "batching.config"
    file.write_text(text)
    return batching_parameters.read(str(file), cpus=3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # tensorflow/core/kernels/batching_util/shared_batch_scheduler.h, Options and QueueOptions
        ("", BatchingParameters(3, 1000, 0, 10, (), "batch_threads")),
        # As lib/serving/recommended-serving.ts writes it
        (
            "max_batch_size { value: 16 }\nbatch_timeout_micros { value: 500 }\n"
            "max_enqueued_batches { value: 7 }\nnum_batch_threads { value: 2 }\n"
            "allowed_batch_sizes: 1\nallowed_batch_sizes: 4\nallowed_batch_sizes: 16\n",
            BatchingParameters(2, 16, 500, 7, (1, 4, 16)),
        ),
        # Every key, in the other spellings of text protos
        (
            "max_batch_size: <value: 8>, batch_timeout_micros {} max_enqueued_batches { value: 1 };"
            'num_batch_threads { value: 1 } thread_pool_name { value: "pool" } allowed_batch_sizes: [4, 8]'
            " pad_variable_length_inputs: false enable_large_batch_splitting { value: false }"
            " max_execution_batch_size { value: 8 }  # comment",
            BatchingParameters(1, 8, 0, 1, (4, 8), "pool"),
        ),
        # bundle_factory_util.cc, WrapSessionForBatching: the last size is compared with the default
        ("allowed_batch_sizes: 1000", BatchingParameters(3, allowed_batch_sizes=(1000,))),
        # shared_batch_scheduler.h, AddQueue
        ("max_enqueued_batches { value: 0 }", BatchingParameters(3, max_enqueued_batches=1)),
    ],
)
def test_text_protos(text: str, expected: BatchingParameters, tmp_path: Path):
    assert _read(text, tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("max_batchsize { value: 8 }", "is not a BatchingParameters text proto: 1:1 : Message type"),
        ("max_batch_size: 8", "is not a BatchingParameters text proto"),
        ("max_batch_size { value: 1.5 }", "is not a BatchingParameters text proto"),
        ("max_batch_size { value: 0 }", "max_batch_size in FILE: got 0, expected 1 to 1000000000000"),
        ("batch_timeout_micros { value: -1 }", "batch_timeout_micros in FILE: got -1, expected 0 to"),
        ("max_enqueued_batches { value: -1 }", "max_enqueued_batches in FILE: got -1, expected 0 to"),
        ("num_batch_threads { value: 0 }", "num_batch_threads in FILE: got 0, expected 1 to"),
        ("num_batch_threads { value: 1025 }", "num_batch_threads in FILE: got 1025, expected 1 to 1024"),
        ("num_batch_threads {}", "num_batch_threads in FILE: got 0, expected 1 to"),
        (
            "max_batch_size { value: 8 } allowed_batch_sizes: [2, 4]",
            "allowed_batch_sizes in FILE: got 2, 4, expected rising sizes whose last is max_batch_size, 8",
        ),
        ("allowed_batch_sizes: 8", "got 8, expected rising sizes whose last is max_batch_size, 1000"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: [4, 2, 8]", "got 4, 2, 8, expected rising"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: [8, 8]", "got 8, 8, expected rising"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: [0, 8]", "got 0, 8, expected rising"),
        ("pad_variable_length_inputs: true", "pad_variable_length_inputs in FILE: got true, which this"),
        ("enable_large_batch_splitting { value: true }", "enable_large_batch_splitting in FILE: got true,"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(text: str, named: str, tmp_path: Path):
    with pytest.raises(BadParameters) as refused:
        _read(text, tmp_path)
    assert named.replace("FILE", str(tmp_path / "batching.config")) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_padding_goes_to_the_next_allowed_size():
    """tensorflow_serving/batching/batching_util.cc, RoundToLowestAllowedBatchSize."""
    parameters = BatchingParameters(1, 8, allowed_batch_sizes=(2, 4, 8))
    assert [parameters.padded(rows) for rows in range(1, 9)] == [2, 2, 4, 4, 8, 8, 8, 8]
    assert BatchingParameters(1, 8).padded(3) == 3


def _parse(*flags: str) -> BatchingParameters | None:
    return arguments.parse(["--model_base_path=/m", *flags]).batching


def test_flags(tmp_path: Path):
    """tensorflow_serving/model_servers/server.cc, Server::BuildAndStart."""
    file = tmp_path / "batching.config"
    file.write_text("max_batch_size { value: 8 }")
    assert _parse() is None
    assert _parse("--enable_batching=false") is None
    for enabled in ("--enable_batching", "--enable_batching=true"):
        alone = _parse(enabled)
        assert (alone.max_batch_size, alone.thread_pool_name) == (1000, "model_server_batch_threads")
        assert alone.num_batch_threads >= 1
        assert _parse(enabled, f"--batching_parameters_file={file}").max_batch_size == 8


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--batching_parameters_file=FILE"], "is set without setting --enable_batching to true"),
        (["--enable_batching=1"], "--enable_batching: got '1', expected true or false"),
        (
            ["--enable_batching", "--batching_parameters_file=/nowhere"],
            "--batching_parameters_file: cannot read /nowhere: No such file or directory",
        ),
        (["--enable_batching", "--batching_parameters_file=FILE"], "got true, which this server does not do"),
    ],
)
def test_a_wrong_flag_is_one_sentence(
    flags: list[str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture
):
    file = tmp_path / "batching.config"
    file.write_text("pad_variable_length_inputs: true")
    with pytest.raises(SystemExit) as stopped:
        _parse(*[flag.replace("FILE", str(file)) for flag in flags])
    sentence = capsys.readouterr().err
    assert stopped.value.code == 2
    assert named in sentence
    assert sentence.count("\n") == 1
