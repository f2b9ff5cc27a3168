"""No cut, order or noise makes analyze.py crash, or pass what fails."""

from __future__ import annotations

from analysis import GUIDE, HEADER, VERBOSE, conv, judge, status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FASTER = (VERBOSE / "aarch64/2.14.1/cnn_on1_v1_g2.stdout.log").read_bytes()
FAILING = [
    (VERBOSE / f"{name}.stdout.log").read_bytes()
    for name in ("aarch64/2.16.1/cnn_on1_v1_g2", "aarch64/qemu10/2.16.1/cnn_b1_on1_bf16_v1")
]
# One reference kernel among many others is the easiest to lose.
FAILING += [
    GUIDE,
    HEADER + conv("gemm:acl") * 20 + conv("gemm:ref", ",900") + conv("gemm:acl") * 20,
    FASTER.replace(b"inner_product,acl", b"inner_product,ref:any", 1),
]
EIGEN = (VERBOSE / "x86/2.14.1/cnn_on0_v1.stdout.log").read_bytes()

bounded = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
failing = st.sampled_from(FAILING)
noise = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=12)


def places(log: bytes, parts: list) -> bytes:
    """The log with something put in at each place, a part of its length."""
    for place, put in sorted(parts, reverse=True):
        at = int(place * len(log))
        log = log[:at] + put + log[at:]
    return log


def fails(log: bytes) -> None:
    document = judge(log)
    assert status(document, "kernels.reference") in ("FAIL", "WARN"), document["checks"]
    assert document["exitCode"] == 1


def does_not_pass(log: bytes) -> None:
    document = judge(log)
    assert document["exitCode"] != 0
    assert status(document, "kernels.reference") not in ("PASS", "SKIP"), document["checks"]


def test_all_of_them_fail():
    for log in FAILING:
        fails(log)


@bounded
@given(failing, st.floats(0, 1))
def test_a_cut_that_leaves_a_reference_kernel_finds_it(log, place):
    left = log[: int(place * len(log))]
    if b"gemm:ref" in left or b"ref:any" in left:
        fails(left)
    assert judge(left)["exitCode"] in (0, 1, 2)


@bounded
@given(failing, st.floats(0, 1))
def test_a_log_whose_beginning_is_cut_off_is_judged_by_what_is_left(log, place):
    left = log[int(place * len(log)) :]
    if b"exec,cpu,convolution,gemm:ref" in left:
        fails(left)


def test_a_space_hides_nothing():
    log = HEADER + conv("gemm:acl") * 20 + conv("ref:any", ",900")
    for at in range(len(HEADER) + 20 * len(conv("gemm:acl")), len(log)):
        does_not_pass(log[:at] + b" " + log[at:])


def test_a_log_that_ends_within_a_line_does_not_pass():
    for cut in range(1, len(conv("gemm:ref").rstrip()) - 4):
        left = HEADER + conv("gemm:acl") * 3 + conv("gemm:ref")[:cut]
        if cut >= len("onednn"):
            does_not_pass(left)


@bounded
@given(failing, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_nothing(log, random):
    lines = log.splitlines(keepends=True)
    random.shuffle(lines)
    before, after = judge(log), judge(b"".join(lines))
    assert after["summary"] == before["summary"]
    assert [check["status"] for check in after["checks"]] == [check["status"] for check in before["checks"]]


@bounded
@given(failing, noise)
def test_bytes_put_in_anywhere_hide_nothing(log, parts):
    does_not_pass(places(log, parts))


@bounded
@given(
    failing,
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from(FASTER.splitlines(keepends=True))), min_size=1, max_size=12
    ),
)
def test_lines_of_another_process_within_a_line_hide_nothing(log, parts):
    does_not_pass(places(log, parts))


@bounded
@given(failing, st.floats(0, 1), st.binary(max_size=400), st.integers(0, 60))
def test_noise_in_place_of_some_bytes_hides_nothing_elsewhere(log, place, put, length):
    at = int(place * len(log))
    damaged = log[:at] + put + log[at + length :]
    if damaged.count(b",gemm:ref,forward_training,src") + damaged.count(b",ref:any,") > 1:
        fails(damaged)


@bounded
@given(noise)
def test_noise_does_not_turn_eigen_into_a_pass(parts):
    assert judge(places(EIGEN, parts))["exitCode"] != 0


@bounded
@given(st.floats(0, 1))
def test_no_cut_turns_eigen_into_a_pass(place):
    assert judge(EIGEN[: int(place * len(EIGEN))])["exitCode"] != 0


@bounded
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80),
            st.sampled_from(
                FASTER.splitlines()
                + [
                    b"onednn_verbose,",
                    b"onednn_verbose,exec,",
                    b"exec,cpu,",
                    b",,,,,,,,,,",
                    b"\n",
                    b"OPENMP DISPLAY ENVIRONMENT BEGIN\n",
                    b"  OMP_NUM_THREADS = '\xff'\n",
                    b"onednn_verbose,primitive,info,template:operation,,,primitive\n",
                ]
            ),
        ),
        max_size=12,
    )
)
def test_nothing_that_a_log_holds_is_an_error(parts):
    assert judge(b"".join(parts))["exitCode"] in (0, 1, 2)


@bounded
@given(st.binary(max_size=2000))
def test_what_is_no_log_cannot_be_told(log):
    assert judge(log)["exitCode"] != 0
