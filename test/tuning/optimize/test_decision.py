"""What is published, what is kept, and what the report says of it."""

import json

import pytest

from tuning.optimize.kernels import Kernels
from tuning.optimize.measure import Comparison, Measured
from tuning.optimize.options import parse
from tuning.optimize.publish import write_note
from tuning.optimize.report import Side, wrong
from tuning.optimize.run import Optimization
from tuning.refusal import Refusal


class Publication:
    published = False

    def publish(self, *_):
        self.published = True


@pytest.fixture
def decided(tmp_path, capsys):
    def decide(ratios, *arguments):
        (tmp_path / "1").mkdir(exist_ok=True)
        found = Optimization(parse([f"--model={tmp_path}", f"--output={tmp_path}", *arguments]))
        found.model = tmp_path / "model"
        measured = Measured(0.5, [1, 1], [[0.1, 0.2]])
        found.report.comparison = Comparison(measured, measured, ratios)
        publication = Publication()
        found._decide(publication, tmp_path)
        return found.report, publication.published

    return decide


def test_not_slower_is_what_is_published(decided):
    assert decided([0.98, 0.5, 1.5])[1] is True
    assert decided([0.979])[1] is False


def test_the_slower_is_kept_with_the_reason(decided, capsys):
    report, published = decided([0.7, 0.8, 0.9])
    assert (published, report.outcome, report.code, report.published) == (False, "kept", 1, None)
    assert report.reason == (
        "Not published: the optimized model is 0.80 times as fast, and 0.98 is the least that is."
    )
    assert json.loads(capsys.readouterr().out)["status"] == "Skipped"


def test_how_much_faster_it_has_to_be_can_be_said(decided):
    assert decided([1.2], "--least-speedup=1.3")[1] is False
    assert decided([0.1], "--least-speedup=0.01")[1] is True


def test_a_dry_run_publishes_nothing_and_ends_well_only_if_it_would(decided):
    report, published = decided([1.5], "--dry-run")
    assert (published, report.outcome, report.code) == (False, "kept", 0)
    report, published = decided([0.5], "--dry-run")
    assert (published, report.outcome, report.code) == (False, "kept", 1)


def test_what_is_optimized_already_is_not_optimized_again_by_mistake(tmp_path):
    (tmp_path / "2").mkdir()
    write_note(tmp_path / "2", 1, "2.20.0")

    def origin(*arguments):
        found = Optimization(parse([f"--model={tmp_path}", f"--output={tmp_path}", *arguments]))
        found.source, found.report.version = tmp_path / "2", 2
        return found._origin()

    with pytest.raises(Refusal) as refused:
        origin()
    assert str(refused.value) == (
        f"--model: version 2 of {tmp_path} is version 1, optimized: say --version 1 to optimize that again."
    )
    # Asked for by its number, it is; what follows a bucket wants to know of which of the bucket's it is.
    assert origin("--version=2") == 1


def test_the_report_gives_the_spread_of_the_pairs_and_the_figures_of_both(decided):
    report, _ = decided([1.0, 1.5, 3.0])
    report.before = Side(10, 2048, report.comparison.first, Kernels([{"primitive": "matmul"}], 3, 0.5))
    document = report.document()
    assert document["speedup"] == {
        "median": 1.5, "throughput": 1.0, "pairs": 3, "least": 1.0, "most": 3.0, "batch": 1,
    }  # fmt: skip
    assert document["before"] == {
        "nodes": 10, "bytes": 2048, "loadSeconds": 0.5, "medianMilliseconds": 150.0, "p99Milliseconds": 200.0,
        "throughput": 6.667, "referenceShare": 0.5, "kernels": [{"primitive": "matmul"}], "kernelsWhy": "",
    }  # fmt: skip
    assert document["after"]["medianMilliseconds"] is None
    assert document["omitted"] == 3
    json.dumps(document)


def test_a_wrong_answer_is_said_in_numbers_or_in_words():
    found = {"problems": [], "maxAbsolute": 0.25, "maxRelative": 0.5}
    found["worst"] = {"signature": "serving_default", "output": "y"}
    assert wrong(found, {"absolute": 1e-4, "relative": 1e-3}) == (
        "the answers differ by 0.25, 0.5 relatively, where 0.0001 and 0.001 are allowed; the worst is output "
        "'y' of 'serving_default'."
    )
    found["problems"] = ["Output 'y' is missing from the optimized model's answer."]
    assert wrong(found, {}) == "Output 'y' is missing from the optimized model's answer."
