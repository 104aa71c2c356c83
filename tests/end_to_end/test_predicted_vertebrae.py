"""`predict` and `findings` from the command line, on a spine whose maps are known exactly.

The network's place is taken by the known maps, so that every vertebra of the result can be compared with the truth.
`test_nnunet_commands.py` and `tests/real` run trained networks.
"""

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image

from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from evaluation.maps.probability_map import read_probability_map
from tests.vf_nnunet.models import tiny_model
from tests.vf_nnunet.small_spine import SmallSpine, small_spine
from vf_nnunet.cli import main
from vf_nnunet.model.model_file import write_model_file

LEVELS = ["L1", "L2", "L3", "L4", "L5"]


@pytest.fixture(scope="module")
def known() -> SmallSpine:
    return small_spine()


@pytest.fixture
def work(known: SmallSpine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CT of case a in `cts`, a model, and a network that gives the known maps."""

    def known_maps(*_: object, **__: object) -> Iterator[tuple[tuple[slice, ...], np.ndarray]]:
        background = 1 - known.normal - known.fracture
        yield (slice(None),) * 3, np.stack([background, known.normal, known.fracture])

    monkeypatch.setattr("vf_nnunet.screening.case.predict_region", known_maps)
    (tmp_path / "cts").mkdir()
    write_volume(tmp_path / "cts" / "a.nii.gz", Volume(known.hounsfield, known.affine), np.int16)
    write_model_file(tmp_path / "model.vf", tiny_model())
    return tmp_path


def run(work: Path, *options: object, code: int = 0, source: object = "cts", output: str = "output") -> Path:
    arguments = ["predict", "-i", work / str(source), "-o", work / output, "-m", work / "model.vf", *options]
    assert main([*map(str, arguments), "--backend", "torch", "-device", "cpu"]) == code
    return work / output


def report(work: Path, *options: object, code: int = 0, source: object = "output", output: str = "found") -> Path:
    assert main(["findings", *map(str, ("-i", work / str(source), "-o", work / output, *options))]) == code
    return work / output


def result(output: Path, case: str = "a") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((output / f"{case}.json").read_text(encoding="utf-8"))
    return content


def column(output: Path, name: str) -> list[Any]:
    return [entry[name] for entry in result(output)["vertebrae"]]


def write_points(path: Path, known: SmallSpine, *cases: str) -> Path:
    rows = [
        Vertebra(case, case, level, *centre)
        for case in cases or "a"
        for level, centre in zip(LEVELS, known.centres.tolist(), strict=True)
    ]
    write_vertebra_table(path, rows)
    return path


def write_fcsv(path: Path, known: SmallSpine) -> Path:
    path.parent.mkdir()
    rows = [f"{x},{y},{z},{level}" for level, (x, y, z) in zip(LEVELS, known.centres.tolist(), strict=True)]
    header = ("# Markups fiducial file version = 4.11", "# CoordinateSystem = LPS", "# columns = x,y,z,label")
    path.write_text("\n".join([*header, *rows, ""]))
    return path.parent


def write_mask(path: Path, known: SmallSpine, numbers: Callable[[np.ndarray], np.ndarray] = lambda mask: mask) -> Path:
    path.parent.mkdir(exist_ok=True)
    write_volume(path, Volume(numbers(known.mask), known.affine), np.uint16)
    return path


def write_totalsegmentator(folder: Path, known: SmallSpine) -> Path:
    folder.mkdir()
    for number, level in zip(range(20, 25), LEVELS, strict=True):
        single = Volume(known.mask == number, known.affine)
        write_volume(folder / f"vertebrae_{level}.nii.gz", single, np.uint8)
    return folder


def write_evaluation(folder: Path) -> Path:
    """An evaluation with scores at annotated and at located centres."""
    folder.mkdir()
    scores = [(0, 0.05), (0, 0.1), (0, 0.3), (0, 0.15), (1, 0.2), (1, 0.7), (1, 0.8), (1, 0.9)]
    lines = [f"{fracture},{score}" for fracture, score in scores]
    (folder / "vertebra_scores.csv").write_text("\n".join(["fracture,score_draw0", *lines]))
    lines = [f"found,{fracture},{score}" for fracture, score in scores]
    (folder / "located_vertebrae.csv").write_text("\n".join(["outcome,grade,score", *lines]))
    points = {
        "patient": {"youden": {"probability_threshold": 0.45, "noise_threshold": 64}},
        "vertebra": {"youden": {"probability_threshold": 0.4}},
    }
    summary = {"operating_points": points, "patient": {}, "vertebra": {"own_centres": {}}, "settings": {}}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def test_own_centres_with_names_table_and_picture(known: SmallSpine, work: Path) -> None:
    output = run(work, "--lowest-vertebra", "L5", "--overlay")
    assert column(output, "level") == LEVELS
    np.testing.assert_allclose(column(output, "centre_lps_mm"), known.centres, atol=1)
    assert column(output, "positive") == [False, False, True, False, False]
    assert column(output, "fracture_probability") == [None] * 5
    # The core of each body is 5 HU denser than that above.
    np.testing.assert_allclose(column(output, "trabecular_hu"), 140 + 5 * np.arange(5), atol=3)
    assert result(output)["vertebra_level"]["centres"] == "located in the maps"
    with (output / "vertebrae.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["case_id"], row["number"], row["level"], row["positive"]) for row in rows] == [
        ("a", str(number), level, str(int(number == 3))) for number, level in enumerate(LEVELS, start=1)
    ]
    # The names at the back of the last slice: that of the positive vertebra in its own colour.
    pixels = np.asarray(Image.open(output / "a_overlay.png").convert("RGB")).astype(int)
    strip = pixels[:, -80:]
    positive = (np.abs(strip - (255, 176, 0)) < 40).all(axis=2)
    rows_of_name = np.flatnonzero(np.any(positive, axis=1)) / len(pixels)
    middle = 1 - (92 + 0.5) / 190
    assert rows_of_name.size
    assert np.abs(rows_of_name - middle).max() < 0.03


def test_the_highest_vertebra_names_the_others(work: Path) -> None:
    output = run(work, "--highest-vertebra", "T12")
    assert column(output, "level") == ["T12", "L1", "L2", "L3", "L4"]


def test_centroids_in_two_formats_and_masks_in_two_forms(known: SmallSpine, work: Path) -> None:
    """The four say the same, up to the centres of the bodies in masks."""
    points = {
        "csv": ("--centroids", write_points(work / "points.csv", known)),
        "slicer-fcsv": ("--centroids", write_fcsv(work / "points" / "a.fcsv", known)),
        "masks in a_seg.nii.gz": ("--vertebra-masks", write_mask(work / "masks" / "a_seg.nii.gz", known)),
        "masks in totalsegmentator": ("--vertebra-masks", write_totalsegmentator(work / "totalsegmentator", known)),
    }
    for name, options in points.items():
        output = run(work, *options)
        is_mask = "mask" in name
        assert name in result(output)["vertebra_level"]["centres"]
        assert column(output, "level") == LEVELS
        assert column(output, "position") == column(output, "level_probability") == [None] * 5
        apart = np.linalg.norm(np.subtract(column(output, "centre_lps_mm"), known.centres), axis=1)
        assert apart.max() < (4 if is_mask else 0.1)
        assert column(output, "positive") == [False, False, True, False, False]
        heights = column(output, "heights_mm")
        assert [height is None for height in heights] == [not is_mask] * 5
        if is_mask:
            np.testing.assert_allclose([list(height.values()) for height in heights], 23, atol=1)
            assert all(loss["own"] < 0.1 for loss in column(output, "height_loss"))


def test_the_calibration_and_the_points_of_an_evaluation(known: SmallSpine, work: Path) -> None:
    evaluation = write_evaluation(work / "evaluation")
    own = run(work, "--evaluation", evaluation)
    given = run(work, "--evaluation", evaluation, "--centroids", write_points(work / "p.csv", known), output="given")
    for output in (own, given):
        about = result(output)["vertebra_level"]
        assert result(output)["operating_point"]["noise_threshold_voxels"] == 64
        probabilities, scores = column(output, "fracture_probability"), column(output, "score")
        expected = [
            1 / (1 + np.exp(-(about["calibration"]["slope"] * logit(score) + about["calibration"]["intercept"])))
            for score in scores
        ]
        assert probabilities == pytest.approx(expected, abs=1e-3)
        assert np.argmax(probabilities) == 2
        assert about["calibration"]["n"] == 8
        assert "out-of-fold scores" in about["calibration_source"]
    assert result(given)["vertebra_level"]["operating_point"]["probability_threshold"] == 0.4


def logit(score: float) -> float:
    clipped = min(max(score, 1e-6), 1 - 1e-6)
    return float(np.log(clipped / (1 - clipped)))


def test_continue_takes_no_result_of_other_options(
    known: SmallSpine, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each changed option is a difference, and the same options again are none."""
    points = write_points(work / "points.csv", known)
    verse = write_mask(work / "masks" / "a_seg.nii.gz", known)
    evaluation = write_evaluation(work / "evaluation")
    runs: list[tuple[tuple[object, ...], str]] = [
        ((), ""),
        (("--lowest-vertebra", "L5"), "lowest None, now L5"),
        (("--highest-vertebra", "L1"), "highest None, now L1"),
        (("--vertebra-threshold", "0.3"), "probability_threshold 0.5, now 0.3"),
        (("--probability-threshold", "0.6"), "probability_threshold 0.5, now 0.6"),
        (("--noise-threshold", "8"), "noise_threshold_voxels 125, now 8"),
        (("--evaluation", evaluation), "calibration None, now"),
        (("--centroids", points), "centres located, now centroids"),
        (("--vertebra-masks", verse), "centres centroids, now masks"),
        (("--vertebra-masks", verse, "--format", "verse-masks"), "other centres in"),
        (("--no-skip",), "air_below -800.0, now None"),
        (("-f", "1"), "folds 0+1, now 1"),
        (("-f", "1", "--overlay"), "a_overlay.png missing"),
    ]
    for options, difference in runs:
        output = run(work, "--continue", *options)
        error = capsys.readouterr().err
        assert "a (1 of 1)" in error
        assert difference in error
        assert ("predicted again" in error) is bool(difference)
        before = (output / "a.json").stat().st_mtime_ns
        run(work, "--continue", *options)
        assert capsys.readouterr().err.count("\n") <= 1, options
        assert (output / "a.json").stat().st_mtime_ns == before


def test_continue_sees_changed_centroids(known: SmallSpine, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = write_points(work / "points.csv", known)
    run(work, "--centroids", points)
    text = points.read_text()
    points.write_text(text.replace("358.0", "359.0"))
    assert points.read_text() != text
    run(work, "--centroids", points, "--continue")
    assert f"a.json: other centres in {points}: predicted again" in capsys.readouterr().err


def test_findings_on_the_maps_of_predict_say_the_same(known: SmallSpine, work: Path) -> None:
    """Only the density is measured on the CT itself instead of on the network's image."""
    for options in ((), ("--centroids", write_points(work / "points.csv", known))):
        predicted = run(work, "--everywhere", "--lowest-vertebra", "L5", "--overlay", *options)
        found = report(work, "--images", work / "cts", "--lowest-vertebra", "L5", "--overlay", *options)
        assert_same(result(predicted), result(found), density=1.0)
        pictures = [np.asarray(Image.open(folder / "a_overlay.png")).astype(int) for folder in (predicted, found)]
        assert pictures[0].shape == pictures[1].shape
        assert np.mean(np.abs(pictures[0] - pictures[1])) < 1
        assert result(found)["model"] == result(predicted)["model"]


def assert_same(one: dict[str, Any], two: dict[str, Any], density: float) -> None:
    for name in ("score", "positive", "findings", "operating_point", "vertebra_level"):
        assert one[name] == two[name]
    for left, right in zip(one["vertebrae"], two["vertebrae"], strict=True):
        assert left.pop("trabecular_hu") == pytest.approx(right.pop("trabecular_hu"), abs=density)
        assert left == right


def test_findings_on_the_files_of_nnunet_say_the_same(known: SmallSpine, work: Path) -> None:
    """The `.npz` and the segmentation as `nnUNetv2_predict --save_probabilities` leaves them, for a CT of 1 mm."""
    predicted = run(work, "--everywhere")
    folder = work / "nnunet"
    folder.mkdir()
    maps = [read_probability_map(predicted / f"a_{name}.nii.gz") for name in ("normal", "fracture")]
    normal, fracture = (one.probability for one in maps)
    np.savez_compressed(folder / "a.npz", probabilities=np.stack([1 - normal - fracture, normal, fracture]))
    write_volume(folder / "a.nii.gz", Volume((fracture > 0.5) * 2, maps[0].affine), np.uint8)
    labels = {"background": 0, "normal": 1, "fracture": 2}
    (folder / "dataset.json").write_text(json.dumps({"labels": labels}))
    found = report(work, "--images", work / "cts", source="nnunet")
    assert_same(result(predicted), result(found), density=1.0)


def test_findings_continue(known: SmallSpine, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(work)
    points = write_points(work / "points.csv", known)
    images = ("--images", work / "cts")
    capsys.readouterr()
    runs: list[tuple[tuple[object, ...], str]] = [
        ((), ""),
        (images, "CT not given, now given"),
        ((*images, "--lowest-vertebra", "L5"), "lowest None, now L5"),
        ((*images, "--probability-threshold", "0.6"), "probability_threshold 0.5, now 0.6"),
        ((*images, "--centroids", points), "centres located, now centroids"),
        ((*images, "--centroids", points, "--overlay"), "a_overlay.png missing"),
    ]
    for options, difference in runs:
        found = report(work, "--continue", *options)
        error = capsys.readouterr().err
        assert "a (1 of 1)" in error
        assert difference in error
        assert ("reported again" in error) is bool(difference)
        before = (found / "a.json").stat().st_mtime_ns
        report(work, "--continue", *options)
        assert "a (1 of 1)" not in capsys.readouterr().err
        assert (found / "a.json").stat().st_mtime_ns == before
    # Other maps, and another CT of the same size.
    path = work / "output" / "a_normal.nii.gz"
    image = nibabel.load(path)
    nibabel.save(nibabel.Nifti1Image(np.zeros(image.shape, np.uint8), image.affine), path)
    report(work, "--continue", *runs[-1][0])
    assert "a_fracture.nii.gz was replaced since: reported again" in capsys.readouterr().err
    other = Volume(known.hounsfield + 1, known.affine)
    write_volume(work / "cts" / "a.nii.gz", other, np.int16)
    report(work, "--continue", *runs[-1][0])
    assert "a.nii.gz was replaced since: reported again" in capsys.readouterr().err


def test_a_result_of_the_other_command_is_not_kept(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(work)
    for path in (work / "output").glob("*.nii.gz"):
        (work / "maps").mkdir(exist_ok=True)
        path.replace(work / "maps" / path.name)
    report(work, "--continue", source="maps", output="output")
    assert "a.json: made by vf_nnunet predict" in capsys.readouterr().err
    run(work, "--continue")
    assert "a.json: made by vf_nnunet findings from maps that existed" in capsys.readouterr().err


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The problems, without the name of the command."""
    error = capsys.readouterr().err.splitlines()
    return [line.split(": ", 1)[1] for line in error if line.startswith("vf_nnunet ")]


MASKS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "unknown numbers": (lambda mask: np.where(mask > 0, mask + 300, 0), "fits no known numbering"),
    "an unknown number": (lambda mask: np.where(mask == 22, 333, mask), "label 333 unknown"),
    "no vertebra": (np.zeros_like, "no label; expected a mask of vertebrae"),
    "only the sacrum": (lambda mask: np.where(mask == 24, 26, 0), "S1 only; expected a vertebra with a body"),
    "two bodies with one name": (lambda mask: np.where(mask == 24, 23, mask), "expected one vertebra for each label"),
}


@pytest.mark.parametrize("kind", MASKS)
def test_bad_masks_in_a_batch(known: SmallSpine, work: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Case b is recorded with one line, and case a is predicted."""
    numbers, words = MASKS[kind]
    (work / "cts" / "b.nii.gz").write_bytes((work / "cts" / "a.nii.gz").read_bytes())
    write_mask(work / "masks" / "a_seg.nii.gz", known)
    bad = write_mask(work / "masks" / "b_seg.nii.gz", known, lambda mask: numbers(mask.astype(np.uint16)))
    output = run(work, "--vertebra-masks", work / "masks", code=2)
    (line,) = lines(capsys)
    assert line.startswith(f"case b: {bad}: ")
    assert words in line
    assert list(json.loads((output / "failed.json").read_text())) == ["b"]
    assert column(output, "level") == LEVELS
    assert not (output / "b.json").exists()


def test_masks_of_another_geometry(known: SmallSpine, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = work / "seg.nii.gz"
    moved = known.affine.copy()
    moved[2, 3] += 5
    write_volume(path, Volume(known.mask, moved), np.uint8)
    run(work, "--vertebra-masks", path, code=2)
    (line,) = lines(capsys)
    assert line.startswith(f"{path}: 190 x 90 x 80 voxels of 1 x 1 x 1 mm (z, y, x) from LPS (-40.0, -50.0, 205.0) mm;")
    assert line.endswith("from LPS (-40.0, -50.0, 200.0) mm: resample the masks to the CT")


def test_bad_centroids_in_a_batch(known: SmallSpine, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside the image, in one body, out of order, and none at all: a line for each, and the others go on."""
    for case in "bcde":
        (work / "cts" / f"{case}.nii.gz").write_bytes((work / "cts" / "a.nii.gz").read_bytes())
    table = write_points(work / "points.csv", known, *"abcd")
    x, y, z = known.centres[1].tolist()
    text = table.read_text().splitlines()
    text[6] = f"b,b,L1,{x},{y},900,,"
    text[13] = f"c,c,L3,{x},{y + 3},{z},,"
    text[16], text[17] = (text[one].replace(text[one].split(",")[2], level) for one, level in ((17, "L1"), (16, "L2")))
    table.write_text("\n".join(text) + "\n")
    output = run(work, "--centroids", table, code=2)
    found = lines(capsys)
    assert len(found) == len(set(found)) == 4
    assert found[0].startswith(f"{table}: L1 at LPS ({x:.1f}, {y:.1f}, 900.0) mm lies outside {work / 'cts'}/b.nii.gz")
    assert found[1].startswith(f"case c: {table}: L2 ")
    assert found[1].endswith("lie 3.0 mm apart, in one body; expected one name per body")
    assert "case d: L1" in found[2]
    assert "out of order" in found[2]
    assert found[3] == f"{table}: no centroid of case e; expected at least one"
    assert list(json.loads((output / "failed.json").read_text())) == ["b", "c", "d", "e"]
    assert column(output, "level") == LEVELS


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--lowest-vertebra", "Hals"), "--lowest-vertebra Hals: expected a level such as T1, L5 or L6"),
        (("--lowest-vertebra", "S1"), "lowest vertebra: 'S1'; expected a level from C1 to L6"),
        (
            ("--lowest-vertebra", "T1", "--highest-vertebra", "L5"),
            "highest vertebra L5 and lowest vertebra T1; expected the highest above the lowest",
        ),
        (("--vertebra-masks", "cts", "--format", "spine"), "numbering 'spine' is unknown; expected one of verse-masks"),
        (("--centroids", "t.csv"), "t.csv: row 2: L1 with grade '2' has no centroid; expected x, y and z"),
    ],
)
def test_what_is_wrong_for_every_case_stops_before_any_work(
    work: Path,
    options: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(work)
    (work / "t.csv").write_text("case_id,patient_id,vertebra,x,y,z,grade,shape\na,a,L1,,,,2,\n")
    run(work, *options, code=2)
    (line,) = lines(capsys)
    assert line.startswith(message)
    assert not (work / "output").exists()


def test_levels_that_do_not_fit_the_located_vertebrae(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = run(work, "--lowest-vertebra", "L5", "--highest-vertebra", "T12", code=2)
    ct = work / "cts" / "a.nii.gz"
    message = f"{ct}: highest vertebra T12 and lowest vertebra L5: 5 vertebrae found; expected 6"
    assert lines(capsys)[0].startswith(message)
    assert list(json.loads((output / "failed.json").read_text())) == ["a"]


def test_levels_that_a_low_ct_cannot_hold_are_found_before_the_network(
    known: SmallSpine, work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed(*_: object, **__: object) -> None:
        pytest.fail("the network was computed")

    monkeypatch.setattr("vf_nnunet.screening.case.predict_region", computed)
    write_volume(work / "cts" / "a.nii.gz", Volume(known.hounsfield[:90], known.affine), np.int16)
    run(work, "--lowest-vertebra", "L5", "--highest-vertebra", "T1", code=2)
    message = (
        "highest vertebra T1 and lowest vertebra L5: an image 90 mm high; expected at least 120 mm for 16 vertebrae"
    )
    assert lines(capsys) == [f"{work / 'cts' / 'a.nii.gz'}: {message}"]


def test_what_is_not_evaluable_says_why(known: SmallSpine, work: Path) -> None:
    """Metal beside L2, and L5 outside the scanner's circle; then thick slices, then no spine."""
    hounsfield = known.hounsfield.copy()
    hounsfield[123:127, 64:68, 38:42] = 3071
    hounsfield[:45] = -1024
    write_volume(work / "cts" / "a.nii.gz", Volume(hounsfield, known.affine), np.int16)
    output = run(work)
    reasons = column(output, "not_evaluable")
    assert reasons[1].startswith("metal beside it: 64 mm3 above 2500 HU within 25 mm")
    assert reasons[4].startswith("no bone at its centre (-1024 HU): air, or outside the scanner's field of view")
    assert reasons[0] is reasons[2] is reasons[3] is None
    for name in ("score", "positive", "fracture_probability", "trabecular_hu"):
        assert [column(output, name)[row] for row in (1, 4)] == [None, None]
    thick = known.affine.copy()
    thick[2, 2] = 5.0
    (work / "thick").mkdir()
    write_volume(work / "thick" / "a.nii.gz", Volume(known.hounsfield[::5], thick), np.int16)
    found = report(work, "--images", work / "thick")
    assert set(column(found, "not_evaluable")) == {"slices of 5.0 mm; expected at most 3 mm"}
    assert set(column(found, "score")) == {None}
    (work / "empty").mkdir()
    for name in ("fracture", "normal"):
        nothing = Volume(np.zeros_like(known.fracture), known.affine)
        write_volume(work / "empty" / f"a_{name}.nii.gz", nothing, np.float32)
    nowhere = report(work, "--images", work / "cts", source="empty")
    assert result(nowhere)["vertebrae"] == []
    assert result(nowhere)["vertebra_level"]["not_evaluable"].startswith("no spine was found in the maps")


def test_options_that_need_the_ct_are_refused_without_it(
    known: SmallSpine, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(work)
    capsys.readouterr()
    mask = write_mask(work / "masks" / "a_seg.nii.gz", known)
    table = write_points(work / "points.csv", known)
    report(work, "--overlay", code=2)
    report(work, "--vertebra-masks", mask, code=2)
    report(work, "--centroids", table, "--format", "csv-voxel", code=2)
    assert lines(capsys) == [
        "--overlay: a picture shows the CT; expected --images too",
        f"--vertebra-masks {mask}: masks lie on the voxels of the CT; expected --images too",
        f"--centroids {table}: csv-voxel gives voxels of the CT; expected --images too",
    ]
    assert not (work / "found").exists()


def test_voxels_along_the_stored_axes_of_the_ct(known: SmallSpine, work: Path) -> None:
    """`findings` turns the CT to canonical axes, but centroids count voxels along the axes of the file."""
    size = known.hounsfield.shape[2]
    mirrored = known.affine @ np.diag([-1.0, 1.0, 1.0, 1.0])
    mirrored[0, 3] = known.affine[0, 3] + size - 1
    write_volume(work / "cts" / "a.nii.gz", Volume(known.hounsfield[:, :, ::-1], mirrored), np.int16)
    table = work / "voxels.csv"
    voxels = [(size - 1 - 44.0, 45.0, 158.0 - 33 * row) for row in range(5)]
    rows = [Vertebra("a", "a", level, *place) for level, place in zip(LEVELS, voxels, strict=True)]
    write_vertebra_table(table, rows)
    options = ("--centroids", table, "--format", "csv-voxel")
    predicted = run(work, *options)
    found = report(work, "--images", work / "cts", *options)
    np.testing.assert_allclose(column(predicted, "centre_lps_mm"), np.add(known.centres, (4, 0, 0)), atol=0.1)
    assert column(found, "centre_lps_mm") == column(predicted, "centre_lps_mm")
