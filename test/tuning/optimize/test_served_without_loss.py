"""Models are optimized, gated and published under a live model server, and no request is lost meanwhile."""

import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from program import ROOT, running

sys.path.insert(0, str(ROOT / "test" / "userdata" / "wheel"))

import server as model_server  # noqa: E402

MODELS = ("demo", "resnet50", "bert")
# Between two requests of the client: the server and what is measured share its processors.
PAUSE_SECONDS = 0.02


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One for all: it serves the newest version below its base path, whatever model that is."""
    base = tmp_path_factory.mktemp("served") / "any"
    base.mkdir()
    with model_server.running("any", base, base.parent / "server.log") as running_server:
        running_server.base = base
        yield running_server


@pytest.fixture(params=MODELS)
def model(request, generated):
    """The trained demo model, or a generated one."""
    if request.param != "demo":
        return generated(request.param)
    folder = ROOT / ".cache" / "demo-model" / "1"
    if not (folder / "saved_model.pb").exists():
        subprocess.run(["node", ROOT / "setup" / "prepare.mjs", "--quiet", "demo-model"], check=True)
    return folder


def publish(server, model):
    """The model as the newest version, once the server serves nothing else."""
    version = max((int(path.name) for path in server.base.iterdir()), default=0) + 1
    shutil.copytree(model, server.base.parent / "new")
    (server.base.parent / "new").rename(server.base / str(version))
    server.wait_for_state(str(version), "AVAILABLE")
    if version > 1:
        server.wait_for_state(str(version - 1), "END")
    return version


class Client:
    """Asks again soon after it is answered, until it is stopped; `failures` are all other answers."""

    def __init__(self, server, body):
        self.answers, self.failures = [], []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(server, body))
        self._thread.start()

    def _ask(self, server, body):
        while not self._stop.is_set():
            try:
                response = server.predict(body)
            except Exception as error:
                self.failures.append(repr(error))
                continue
            if response.status_code == 200:
                self.answers.append(response.json()["predictions"])
            else:
                self.failures.append(response.text)
            self._stop.wait(PAUSE_SECONDS)

    def stop(self):
        self._stop.set()
        self._thread.join(60)


def body_for(server):
    """One row of every input, by the server's own word of what it takes."""
    metadata = server.http.get(f"/v1/models/{server.name}/metadata").json()["metadata"]["signature_def"]
    inputs = metadata["signature_def"]["serving_default"]["inputs"]
    generator = np.random.default_rng(3)
    row = {}
    for name, info in inputs.items():
        shape = [abs(int(dim["size"])) for dim in info["tensor_shape"]["dim"]][1:]
        whole = info["dtype"] in ("DT_INT32", "DT_INT64")
        row[name] = (np.ones(shape, int) if whole else generator.random(shape).round(3)).tolist()
    return {"instances": [row]}


def flat(predictions):
    """Numbers of one prediction, whatever its outputs are called."""
    (row,) = predictions
    outputs = [row[name] for name in sorted(row)] if isinstance(row, dict) else [row]
    return np.concatenate([np.ravel(output) for output in outputs])


def test_not_one_request_fails_and_the_optimized_version_answers(server, model, request, tmp_path):
    base, demo = server.base, request.node.callspec.params["model"] == "demo"
    version = publish(server, model)
    body = body_for(server)
    before = flat(server.predict(body).json()["predictions"])
    client = Client(server, body)
    try:
        url = f"http://127.0.0.1:{server.port}/v1/models/{server.name}"
        # Whether it pays is no matter of a test: machines are noisy.
        arguments = (
            f"--model={base}", f"--version={version}", f"--output={base}", f"--server-url={url}",
            "--seconds=0.2", "--pairs=1", "--least-speedup=0", "--requests=2",
        )  # fmt: skip
        kernels = {"GTF_ANALYZE": ""} if demo else {}
        with running(tmp_path / "log", *arguments, **kernels) as program:
            assert program.end() == 0, program.logged()
    finally:
        client.stop()
    assert client.failures == []
    assert len(client.answers) > 1
    report = program.report
    assert (report["outcome"], report["published"]["version"]) == ("published", version + 1)
    assert report["accuracy"]["passed"] is True
    assert report["after"]["nodes"] < report["before"]["nodes"]
    assert program.steps()["Serve"] == "Success"
    assert server.states()[str(version + 1)]["state"] == "AVAILABLE"
    server.wait_for_state(str(version), "END")
    after = flat(server.predict(body, f"/versions/{version + 1}").json()["predictions"])
    np.testing.assert_allclose(after, before, atol=1e-3, rtol=1e-2)
    np.testing.assert_array_equal(flat(server.predict(body).json()["predictions"]), after)
    if demo:
        for side in (report["before"], report["after"]):
            assert {row["primitive"] for row in side["kernels"]} >= {"convolution"}
            assert side["referenceShare"] is not None
    assert (base / str(version + 1) / "assets.extra" / "graviton-tf-optimized.json").exists()
    assert [path for path in base.iterdir() if path.name.startswith(".graviton-tf-")] == []
