"""The optimized model on disk: whole, with what came along, or not there."""

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tensorflow.core.protobuf import saved_model_pb2

from tuning.optimize import export as exports
from tuning.optimize.pipeline import OptimizeOptions, optimize
from tuning.refusal import Refusal

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import resource, sys
from pathlib import Path
from tuning.optimize.pipeline import OptimizeOptions, optimize
from tuning.refusal import Refusal
limit = int(sys.argv[3])
def full(one):
    # As a disk that is full from the last pass on.
    if one.name == "remapping":
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    optimize(Path(sys.argv[1]), Path(sys.argv[2]), OptimizeOptions(), full)
except Refusal as refusal:
    sys.stderr.write(f"refused: {refusal}")
    sys.exit(2)
"""


@pytest.fixture
def with_extras(generated, tmp_path):
    source = shutil.copytree(generated("table"), tmp_path / "model" / "1")
    (source / "assets.extra" / "deep").mkdir(parents=True)
    (source / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"warm")
    (source / "assets.extra" / "deep" / "note.txt").write_text("kept")
    return source


def test_assets_and_warm_up_requests_go_with_the_model(with_extras, tmp_path):
    optimize(with_extras, tmp_path / "2", OptimizeOptions())
    assert (tmp_path / "2" / "assets.extra" / "tf_serving_warmup_requests").read_bytes() == b"warm"
    assert (tmp_path / "2" / "assets.extra" / "deep" / "note.txt").read_text() == "kept"
    assert (tmp_path / "2" / "assets" / "words.txt").is_file()


def test_the_model_says_which_tensorflow_made_it_and_keeps_the_graphs_own_versions(optimized):
    import tensorflow as tf

    made = optimized("cnn")
    before, after = (
        saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0]
        for folder in (made.source, made.folder)
    )
    assert after.meta_info_def.tensorflow_version == tf.__version__
    assert after.meta_info_def.stripped_default_attrs
    assert after.graph_def.versions == before.graph_def.versions
    assert list(after.meta_info_def.tags) == ["serve"]
    # An attribute with its default value is one that an older TensorFlow need not know.
    assert not [node for node in after.graph_def.node if "use_cudnn_on_gpu" in node.attr]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process as Linux has them")
def test_a_full_disk_refuses_and_leaves_nothing(with_extras, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, with_extras, tmp_path / "2", "1000"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert ran.returncode == 2, ran.stderr[-2000:]
    assert ran.stderr.endswith(f"cannot be written to {tmp_path / '2'}: there is no room for it.")
    assert not (tmp_path / "2").exists()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_end_half_way_leaves_nothing(with_extras, tmp_path, monkeypatch, interruption):
    copied = []

    def copy(source, destination):
        copied.append(destination)
        assert (tmp_path / "2" / "saved_model.pb").exists()
        raise interruption

    monkeypatch.setattr(exports.shutil, "copyfile", copy)
    with pytest.raises((Refusal, KeyboardInterrupt)):
        optimize(with_extras, tmp_path / "2", OptimizeOptions())
    assert copied
    assert not (tmp_path / "2").exists()


def test_a_model_that_no_saved_model_can_hold_is_refused(generated, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "_LIMIT", 100)
    with pytest.raises(Refusal, match="a SavedModel can hold 99"):
        optimize(generated("signatures"), tmp_path / "2", OptimizeOptions())
    assert not (tmp_path / "2").exists()


def test_a_folder_that_is_there_is_left_alone(generated, tmp_path):
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "mine").touch()
    with pytest.raises(Refusal, match="already exists"):
        optimize(generated("signatures"), tmp_path / "2", OptimizeOptions())
    assert (tmp_path / "2" / "mine").exists()
