"""What a run does otherwise by its parameters, with the packages of a run before it."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from pathlib import Path

from harness_repository import recorded


def succeeded(run):
    assert run.status == "Success", [step for step in run.steps.values() if step["status"] != "Success"]
    return run


def test_bert_with_synthetic_questions(instance):
    # They are none of BERT's.
    instance.document = with_images(instance.document, "s3://bucket/imagenet/")
    scenarios = "Offline,SingleStream"
    run = succeeded(instance.run(Workload="bert", Scenarios=scenarios))
    records = recorded(run.steps["Log"]["stdout"])
    assert sorted(records) == ["Offline", "SingleStream"]
    for one in records.values():
        assert one["cwd"].endswith("/inference/language/bert") and "--backend=tf" in one["argv"]
        # The tokenizer's vocabulary holds every word that is asked.
        assert one["questions"] == 256 and one["known"]
    report = run.report
    assert report["workload"]["kind"] == "bert" and report["workload"]["model"] == "BERT-Large, SQuAD v1.1"
    assert [one["scenario"] for one in report["scenarios"]] == scenarios.split(",")
    assert all(one["samples"] == 20 for one in report["scenarios"])
    assert "The dataset is synthetic: no accuracy could be told from it." in report["notes"]


def test_bert_with_questions_of_the_users(instance, tmp_path):
    asked = {"context": "a b", "qas": [{"id": "1", "question": "what is this", "answers": []}]}
    questions, vocabulary = tmp_path / "dev.json", tmp_path / "vocab.txt"
    questions.write_text(json.dumps({"data": [{"title": "one", "paragraphs": [asked]}]}))
    vocabulary.write_text("what\nis\nthis\n")
    md5 = hashlib.md5(vocabulary.read_bytes(), usedforsecurity=False).hexdigest()
    given = {"Vocabulary": f"file://{vocabulary}", "VocabularyChecksum": f"md5:{md5}"}
    run = succeeded(
        instance.run(Workload="bert", Scenarios="SingleStream", Dataset=f"file://{questions}", **given)
    )
    record = recorded(run.steps["Log"]["stdout"])["SingleStream"]
    assert record["questions"] == 1 and record["known"]
    notes = "\n".join(run.report["notes"])
    assert f"Dataset file://{questions} was compared with no checksum; it has sha256:" in notes
    assert f"Vocabulary file://{vocabulary} is as its checksum says, sha256:" in notes
    assert "synthetic" not in notes and run.report["workload"]["from"] == f"file://{questions}"


def with_images(document: dict, place: str) -> dict:
    """As deployed with images of its own."""
    images = {**document["parameters"]["Images"], "default": place}
    return {**document, "parameters": {**document["parameters"], "Images": images}}


def bucket_with(instance, key: str, source: Path) -> None:
    place = instance.root / "s3" / key
    place.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, place)


def test_a_tar_of_images_in_s3_whose_checksum_is_known(instance, images):
    bucket_with(instance, "bucket/imagenet/val.tar", images)
    checksum = hashlib.sha256(images.read_bytes()).hexdigest()
    run = succeeded(
        instance.run(
            Scenarios="SingleStream",
            Samples="2",
            Dataset="s3://bucket/imagenet/val.tar",
            DatasetChecksum=f"sha256:{checksum}",
        )
    )
    record = recorded(run.steps["Log"]["stdout"])["SingleStream"]
    # All are there; so many are taken as there are samples.
    assert record["images"] == 3 and "--count=2" in record["argv"]
    assert (
        f"Dataset s3://bucket/imagenet/val.tar is as its checksum says, sha256:{checksum}."
        in run.report["notes"]
    )
    assert run.report["workload"]["from"] == "s3://bucket/imagenet/val.tar"
    assert run.report["workload"]["performanceOnly"] is True


def test_the_deployments_own_images_are_a_prefix_in_s3(instance, images):
    instance.document = with_images(instance.document, "s3://bucket/imagenet/")
    with tarfile.open(images) as archive:
        archive.extractall(instance.root / "images", filter="data")
    bucket_with(instance, "bucket/imagenet", instance.root / "images" / "val")

    run = succeeded(instance.run(Scenarios="Offline"))
    assert recorded(run.steps["Log"]["stdout"])["Offline"]["images"] == 3
    assert (
        "Dataset s3://bucket/imagenet/ was compared with no checksum; it has many files."
        in run.report["notes"]
    )


def test_offline_lasts_as_long_as_asked_since_its_rate_is_measured(instance):
    instance.environment["HARNESS_SLOWS_CALIBRATION"] = "1"
    run = succeeded(instance.run(Samples="0", Seconds="1"))
    single, offline = run.report["scenarios"]
    assert single["seconds"] >= 1
    assert single["why"][0] == "shortened to 1 s, MLPerf's rules ask for 600 s and 1024 samples"
    assert offline["seconds"] >= 1 and offline["targetQps"] > 100
    said = run.steps["Measure"]["stdout"]
    # The short run's rate was too low; so the first one was too short.
    assert said.count("samples a second expected") == 2, said
    assert offline["why"] == ["shortened to 1 s, MLPerf's rules ask for 600 s and 24576 samples"]


def test_the_rules_own_length_and_a_given_rate(instance):
    instance.environment["HARNESS_HURRIES"] = "1"
    instance.document = with_images(instance.document, "s3://bucket/imagenet/")
    run = succeeded(instance.run(Samples="0", Qps="41", Bf16="off", Dataset="synthetic"))
    log = run.steps["Log"]["stdout"]
    assert (
        "#@ Offline/user.conf\n*.SingleStream.target_latency = 1\n*.Offline.target_qps = 41\n"
        "*.Offline.min_duration = 600000\n\n" in log
    )
    assert "*.SingleStream.min_duration = 600000\n\n" in log
    assert "expected" not in run.steps["Measure"]["stdout"]
    assert run.report["scenarios"][1]["samples"] == 24576
    assert all("--count" not in " ".join(one["argv"]) for one in recorded(log).values())
    assert recorded(log)["Offline"]["images"] == 1024
    assert "DNNL_DEFAULT_FPMATH_MODE" not in run.report["environment"]
    assert run.report["serving"]["bf16FastMath"] is False
