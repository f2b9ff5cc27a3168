"""The sync with the real AWS CLI, against an S3 on loopback: paging, hostile names, the age of an upload."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import bucket
import model_sync
import pytest

BUCKET = "models"
PREFIX = "file:///etc/a \"b\" 'c' $(id) `id` & é"


@pytest.fixture(scope="module")
def s3():
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    server.stop()


def test_a_version_under_a_hostile_prefix_becomes_visible(s3, tmp_path, monkeypatch):
    files = {"saved_model.pb": b"\x08\x01", "assets/a 'b' $(id) ü.txt": b"words"}
    for name, body in files.items():
        s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}/1/{name}", Body=body)
    monkeypatch.setattr(model_sync, "QUIET_SECONDS", 0)
    base_path = tmp_path / "models"
    arguments = [
        f"--bucket={BUCKET}",
        f"--prefix={PREFIX}",
        f"--base-path={base_path}",
        f"--staging={tmp_path / 's'}",
    ]
    assert model_sync.main(arguments) == 0
    assert {
        path.relative_to(base_path / "1").as_posix(): path.read_bytes()
        for path in base_path.rglob("*")
        if path.is_file()
    } == files


def test_the_cli_follows_the_pages(s3, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in range(5):
        s3.put_object(Bucket=BUCKET, Key=f"many/1/file-{number}", Body=b"")
    assert len(s3.list_objects_v2(Bucket=BUCKET, Prefix="many/")["Contents"]) == 2
    assert len(bucket.Bucket(BUCKET, "many").versions()["1"].objects) == 5


def test_the_age_of_an_upload_is_read_as_s3_tells_it(s3):
    s3.put_object(Bucket=BUCKET, Key="age/3/saved_model.pb", Body=b"")
    age = bucket.Bucket(BUCKET, "age").versions()["3"].seconds_since_upload()
    assert -2 < age < 60


def test_a_missing_bucket_is_an_error_with_the_clis_reason(s3, tmp_path, capsys):
    assert (
        model_sync.main(["--bucket=no-such", f"--base-path={tmp_path / 'm'}", f"--staging={tmp_path / 's'}"])
        == 1
    )
    assert "NoSuchBucket" in capsys.readouterr().err


def test_the_instances_oldest_python_can_run_it():
    """Amazon Linux 2 has 3.7; its compiler would refuse newer syntax."""
    for script in Path(model_sync.__file__).parent.glob("*.py"):
        ast.parse(script.read_text(), feature_version=(3, 7))


def test_it_starts_as_the_scripts_start_it():
    script = Path(model_sync.__file__)
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=True)
    assert "--base-path" in done.stdout
