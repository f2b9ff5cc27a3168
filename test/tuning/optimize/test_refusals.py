"""Models that stay as they are, each with the reason, and with nothing left behind."""

import pytest

from tuning.optimize.pipeline import OptimizeOptions, optimize
from tuning.refusal import Refusal


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("counter", "Signature 'count' changes a variable (AssignAddVariableOp"),
        ("noise", "gives random answers (RandomStandardNormal"),
        ("generator", "gives random answers (RngReadAndSkip"),
        ("mutable_table", "a table whose contents are in the checkpoint"),
        ("python", "calls Python (PyFunc"),
        ("queue", "waits for a queue (FIFOQueueV2"),
        ("sparse", "input 'x' is sparse, ragged or composite"),
        ("custom", "uses the operation MySignOf, which TensorFlow"),
    ],
)
def test_what_a_frozen_graph_would_answer_otherwise_is_refused(generated, tmp_path, name, words):
    destination = tmp_path / "model" / "2"
    with pytest.raises(Refusal) as refused:
        optimize(generated(name), destination, OptimizeOptions())
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    assert not destination.exists()


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(Refusal, match="does not load"):
        optimize(tmp_path, tmp_path / "2", OptimizeOptions())
    assert not (tmp_path / "2").exists()


def test_a_model_without_its_variables_is_refused(generated, tmp_path):
    (tmp_path / "saved_model.pb").write_bytes((generated("counter") / "saved_model.pb").read_bytes())
    with pytest.raises(Refusal, match="does not load|cannot be frozen|changes a variable"):
        optimize(tmp_path, tmp_path / "2", OptimizeOptions())
    assert not (tmp_path / "2").exists()
