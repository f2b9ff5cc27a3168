"""The runbook that optimizes, run by the agent's rules against a real server."""

from __future__ import annotations

import json
import tarfile

QUICK = {"Seconds": "1", "Pairs": "1", "LeastSpeedup": "0.001"}


def versions(instance):
    return sorted(path.name for path in (instance.root / "models" / "layer").iterdir())


def test_what_is_better_is_published_and_served_and_a_copy_is_kept(served):
    instance, server = served
    before = server.predict({"instances": [[1, 2, 3, 4]]}).json()
    command = instance.run("optimize", ResultsBucket="results", **QUICK)

    report = json.loads(command.printed("Report"))
    archive = f"optimize/{command.id}/i-1/model.tar.gz"
    assert (report["outcome"], report["published"]["version"]) == ("published", 2)
    assert report["published"]["archive"] == f"s3://results/{archive}"
    assert json.loads(command.printed("FullReport")) == report
    assert "Serve: Success - version 2 is AVAILABLE" in command.printed("Optimize")
    assert server.states()["2"]["state"] == "AVAILABLE"
    assert server.predict({"instances": [[1, 2, 3, 4]]}).json() == before
    with tarfile.open(instance.buckets / "results" / archive) as copy:
        assert "2/saved_model.pb" in copy.getnames()
    assert instance.leaves_nothing()


def test_a_cancellation_publishes_nothing_and_leaves_nothing(served):
    instance, _ = served
    before = versions(instance)
    # Its staging folder is there: it has begun.
    instance.cancel_in("optimize", "Optimize", lambda: len(versions(instance)) > len(before), **QUICK)
    assert instance.leaves_nothing()
    assert versions(instance) == before


def test_a_model_that_is_not_there_is_told_at_once(instance):
    command = instance.run("optimize", Model="/nowhere/model")
    assert command.refusal("Collect") == "Model: /nowhere/model does not exist on this instance."
    assert {command.steps[name]["status"] for name in ("Environment", "Optimize", "Report")} == {"Skipped"}
    assert instance.leaves_nothing()


def test_without_a_server_a_model_has_to_be_named(instance):
    command = instance.run("optimize")
    assert command.refusal("Collect").endswith("name a model by Model.")
    assert instance.leaves_nothing()
