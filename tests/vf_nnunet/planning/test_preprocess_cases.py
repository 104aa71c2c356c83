"""Preprocessed cases equal nnU-Net's, are not computed twice, and bad ones are reported together."""

import gzip
import json
import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprint_dataset, preprocess_dataset
from nnunetv2.training.dataloading.nnunet_dataset import infer_dataset_class
from scipy import ndimage

from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.scans import scan
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, PLANS, Normalisation
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE, IntensityScale
from vf_nnunet.planning import preprocess_cases as module
from vf_nnunet.planning.case_record import RECORD_FOLDER, CaseRecord
from vf_nnunet.planning.fingerprint import INTENSITY_SAMPLES
from vf_nnunet.planning.plan_dataset import PREPROCESSED_CASES, plan_dataset
from vf_nnunet.planning.preprocess_cases import case_plan, preprocess_cases
from vf_nnunet.planning.preprocessed_case import preprocess_case
from vf_nnunet.training.settings import TrainingSettings

AGREEMENT = 4e-6
NAME = "Dataset007_Test"
LABELS = {"background": 0, "normal": 1, "fracture": 2, "ignore": 3}


def affine_of(spacing: Sequence[float], degrees: float = 0.0) -> np.ndarray:
    """RAS affine of voxels of a spacing (x, y, z), turned about the z axis."""
    angle = np.deg2rad(degrees)
    turned = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turned @ np.diag([-spacing[0], -spacing[1], spacing[2]])
    affine[:3, 3] = [30, -20, 100]
    return affine


def write_case(
    raw: Path, name: str, affine: np.ndarray, shape: tuple[int, ...], *, channels: int = 1, **options: Any
) -> None:
    """A noisy CT with labels of smooth shapes; `options` are the type of the image, its scaling and its zeros."""
    random = np.random.default_rng(len(name) + shape[0])
    noise = ndimage.gaussian_filter(random.normal(size=shape), 3)
    labels = np.digitize(noise / noise.std(), options.get("steps", [1.0, 1.5, 2.2]))
    for channel in range(channels):
        ct = np.rint(random.normal(40, 300, shape) + 200 * (labels > 0))
        zeros = options.get("zeros", 0)
        ct = np.pad(ct, zeros) if zeros else ct
        image = nibabel.Nifti1Image(ct.astype(options.get("dtype", np.int16)), affine)
        if "slope" in options:
            image.header.set_slope_inter(options["slope"], -1000)
        nibabel.save(image, raw / "imagesTr" / f"{name}_{channel:04d}.nii.gz")
    labels = np.pad(labels, zeros) if zeros else labels
    nibabel.save(nibabel.Nifti1Image(labels.astype(np.uint8), affine), raw / "labelsTr" / f"{name}.nii.gz")


def describe(raw: Path, channels: int = 1, **labels: int) -> dict[str, Any]:
    content = {
        "channel_names": {str(channel): "CT" for channel in range(channels)},
        "labels": labels or LABELS,
        "numTraining": len(list((raw / "labelsTr").iterdir())),
        "file_ending": ".nii.gz",
        "overwrite_image_reader_writer": "NibabelIO",
    }
    (raw / "dataset.json").write_text(json.dumps(content))
    return content


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty raw dataset in nnU-Net's folders."""
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    for part in ("imagesTr", "labelsTr"):
        (tmp_path / "nnUNet_raw" / NAME / part).mkdir(parents=True)
    return tmp_path / "nnUNet_raw" / NAME


def folder_of(raw: Path) -> Path:
    return raw.parents[1] / "nnUNet_preprocessed" / NAME


def load(folder: Path) -> dict[str, tuple[Any, ...]]:
    """The cases as nnU-Net's training loads them."""
    dataset = infer_dataset_class(str(folder))(str(folder))
    return {case: dataset[case] for case in dataset.identifiers}


def nnunet_plan(raw: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fingerprint and preprocess with nnU-Net's own functions, by the present plans, in another folder."""
    from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor

    class Extractor(DatasetFingerprintExtractor):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.num_foreground_voxels_for_intensitystats = INTENSITY_SAMPLES

    other = raw.parents[1] / "other"
    (other / NAME).mkdir(parents=True)
    for file in (f"{PLANS}.json", "dataset.json"):
        shutil.copy(folder_of(raw) / file, other / NAME / file)
    monkeypatch.setenv("nnUNet_preprocessed", str(other))
    extract_fingerprint_dataset(7, Extractor, 1, show_progress_bar=False)
    preprocess_dataset(7, PLANS, (DEFAULT_CONFIGURATION,), (1,), show_progress_bar=False)
    return other / NAME


def assert_same_properties(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert list(found) == list(expected)
    affines = [properties.pop("nibabel_stuff")["original_affine"] for properties in (found, expected)]
    np.testing.assert_array_equal(*affines)
    drawn, expected_drawn = found.pop("class_locations"), expected.pop("class_locations")
    assert list(drawn) == list(expected_drawn)
    for part in drawn:
        np.testing.assert_array_equal(drawn[part], expected_drawn[part])
    assert found == expected
    assert pickle.dumps(found) == pickle.dumps(expected)


def assert_equal_to_nnunet(
    raw: Path, monkeypatch: pytest.MonkeyPatch, normalisation: Normalisation = Normalisation.IMAGE
) -> None:
    """The same fingerprint, arrays, files and references as nnU-Net's own run."""
    plan_dataset(7, TrainingSettings(), 1, 8, normalisation)
    ours, theirs = folder_of(raw), nnunet_plan(raw, monkeypatch)
    fingerprints = [(folder / "dataset_fingerprint.json").read_text() for folder in (ours, theirs)]
    assert fingerprints[0] == fingerprints[1]
    found, expected = load(ours / PREPROCESSED_CASES), load(theirs / PREPROCESSED_CASES)
    assert found.keys() == expected.keys()
    for case, (image, labels, _, properties) in found.items():
        other_image, other_labels, _, other_properties = expected[case]
        for own, other in ((image, other_image), (labels, other_labels)):
            assert (own.shape, own.dtype, own.chunks, own.blocks) == (
                other.shape,
                other.dtype,
                other.chunks,
                other.blocks,
            )
        assert np.abs(image[:] - other_image[:]).max() < AGREEMENT, case
        np.testing.assert_array_equal(labels[:], other_labels[:])
        assert_same_properties(properties, other_properties)
    for part in (PREPROCESSED_CASES, "gt_segmentations"):
        assert {path.name for path in (ours / part).iterdir()} == {path.name for path in (theirs / part).iterdir()}


@pytest.mark.parametrize("normalisation", Normalisation)
def test_equal_to_nnunets_own_run(raw: Path, monkeypatch: pytest.MonkeyPatch, normalisation: Normalisation) -> None:
    """Isotropic, anisotropic, oblique and thick slices, either direction; zeros around; no label; other types."""
    write_case(raw, "isotropic", affine_of([1.0, 1.0, 1.0]), (20, 22, 24))
    write_case(raw, "fine", affine_of([0.5, 0.5, 0.5]), (40, 38, 36), zeros=2)
    write_case(raw, "oblique", affine_of([0.7, 0.7, 1.25], 17), (40, 45, 30))
    write_case(raw, "thick", affine_of([0.8, 0.8, 5.0], 3), (40, 41, 12), zeros=1)
    write_case(raw, "sagittal", affine_of([4.5, 0.9, 0.9]), (11, 40, 41), dtype=np.float32)
    write_case(raw, "halved", affine_of([2.0, 2.0, 2.0]), (12, 13, 90), dtype=np.uint8, slope=7.5)
    write_case(raw, "flipped", affine_of([0.81, 0.81, 1.5]) @ np.diag([-1, -1, 1, 1]), (30, 31, 32), dtype=">i2")
    write_case(raw, "empty", affine_of([1.3, 1.3, 1.3]), (15, 16, 17), steps=[99.0])
    describe(raw)
    assert_equal_to_nnunet(raw, monkeypatch, normalisation)


def test_two_channels_and_no_ignored_voxels(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, spacing in (("a", [0.9, 0.9, 1.1]), ("b", [1.0, 1.0, 2.0])):
        write_case(raw, name, affine_of(spacing), (25, 26, 27), channels=2, zeros=1, steps=[1.0, 1.7])
    describe(raw, 2, background=0, fracture=1, normal=2)
    assert_equal_to_nnunet(raw, monkeypatch)


@pytest.fixture
def work(raw: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    """Three small cases and a count of those that are computed."""
    for name in ("a", "b", "c"):
        write_case(raw, name, affine_of([1.0, 1.0, 1.2]), (12, 13, 14))
    return Run(raw, monkeypatch)


class Run:
    """Preprocesses a dataset again and again.

    Attributes:
        computed: Cases computed in the last run.
    """

    def __init__(self, raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.raw, self.computed = raw, [""]

        def count(case: Any, *arguments: Any) -> Any:
            self.computed.append(case.case_id)
            return preprocess_case(case, *arguments)

        monkeypatch.setattr(module, "preprocess_case", count)

    @property
    def folder(self) -> Path:
        return folder_of(self.raw) / PREPROCESSED_CASES

    def __call__(self, patch: int = 57, scale: IntensityScale | None = None) -> list[CaseRecord]:
        self.computed.clear()
        description = describe(self.raw)
        plan = case_plan(description, [1.0] * 3, [patch] * 3, (scale,))
        records = preprocess_cases(self.raw, self.folder, description, plan, 1)
        self.computed.sort()
        return records


def test_what_is_done_is_not_done_again(work: Run, capsys: pytest.CaptureFixture[str]) -> None:
    first = work()
    assert work.computed == ["a", "b", "c"]
    assert "already" not in capsys.readouterr().out
    second = work()
    assert work.computed == []
    assert capsys.readouterr().out == "3 of 3 cases are preprocessed already\n"
    assert [record.files for record in first] == [record.files for record in second]
    np.testing.assert_array_equal(first[0].summary.foreground, second[0].summary.foreground)


def test_what_changed_is_done_again(work: Run) -> None:
    work()
    write_case(work.raw, "a", affine_of([1.0, 1.0, 1.2]), (13, 13, 14))
    (work.folder / "b_seg.b2nd").unlink()
    (work.folder / "c.pkl").write_bytes(b"half")
    work()
    assert work.computed == ["a", "b", "c"]
    work(patch=65)
    assert work.computed == ["a", "b", "c"]
    work(patch=65, scale=WINDOW_SCALE)
    assert work.computed == ["a", "b", "c"]
    work(patch=65, scale=WINDOW_SCALE)
    assert work.computed == []


def test_what_was_interrupted_is_done_again(work: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    work()
    for name in ("a", "b"):
        write_case(work.raw, name, affine_of([1.0, 1.0, 1.2]), (14, 13, 14))
    done: list[str] = []

    def interrupt(path: Path, *_: Any) -> None:
        done.append(path.stem)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_case_record", interrupt)
        with pytest.raises(KeyboardInterrupt):
            work()
    assert len(done) == 1
    work()
    assert work.computed == ["a", "b"]


def test_cases_that_were_removed_and_leftovers_disappear(work: Run) -> None:
    work()
    (work.raw / "labelsTr" / "b.nii.gz").unlink()
    (work.folder / ".tmp-1-a.pkl").touch()
    assert len(work()) == 2
    assert work.computed == []
    assert {path.name for path in work.folder.iterdir()} == {
        f"{case}{suffix}" for case in "ac" for suffix in (".b2nd", "_seg.b2nd", ".pkl")
    }
    assert {path.name for path in (folder_of(work.raw) / RECORD_FOLDER).iterdir()} == {"a.npz", "c.npz"}


def test_all_bad_cases_are_named_and_the_good_ones_kept(work: Run) -> None:
    image = work.raw / "imagesTr" / "a_0000.nii.gz"
    image.write_bytes(image.read_bytes()[:-500])
    labels = nibabel.load(work.raw / "labelsTr" / "c.nii.gz")
    values = np.asarray(labels.dataobj) + 2
    nibabel.save(nibabel.Nifti1Image(values, labels.affine), work.raw / "labelsTr" / "c.nii.gz")
    with pytest.raises(InputError) as error:
        work()
    truncated, numbered = error.value.problems
    assert "a_0000.nii.gz: truncated or damaged" in truncated
    assert numbered.endswith("c.nii.gz: labels from 2 to 5; expected 0..3 as in dataset.json")
    with pytest.raises(InputError):
        work()
    assert sorted(work.computed) == ["a", "c"]


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "1 of 2184 voxels are NaN or infinite"), (0.5, "labels that are not whole numbers")],
)
def test_values_that_nnunet_would_take(work: Run, value: float, message: str) -> None:
    part = "labelsTr/b" if np.isfinite(value) else "imagesTr/b_0000"
    file = nibabel.load(work.raw / f"{part}.nii.gz")
    values = np.asarray(file.dataobj).astype(np.float32)
    values[1, 1, 1] = value
    nibabel.save(nibabel.Nifti1Image(values, file.affine), work.raw / f"{part}.nii.gz")
    with pytest.raises(InputError, match=message):
        work()


def test_a_file_of_several_gzip_members(work: Run) -> None:
    """As `bgzip` and `pigz` write it."""
    path = work.raw / "imagesTr" / "b_0000.nii.gz"
    before = work()[1].summary.foreground
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[:500]) + gzip.compress(content[500:]))
    np.testing.assert_array_equal(work()[1].summary.foreground, before)
    assert work.computed == ["b"]


def test_values_are_checked_unless_the_dataset_was_converted(work: Run) -> None:
    """The warnings are kept with the records."""
    path = work.raw / "imagesTr" / "a_0000.nii.gz"
    volume = np.clip(scan().array, 0, 255).T
    nibabel.save(nibabel.Nifti1Image(volume, affine_of([1, 1, 1])), path)
    nibabel.save(
        nibabel.Nifti1Image(np.zeros(volume.shape, np.uint8), affine_of([1, 1, 1])), work.raw / "labelsTr" / "a.nii.gz"
    )
    for _ in range(2):
        (warning,) = work()[0].warnings
        assert warning.startswith(f"{path}: darkest voxel is 0, brightest 255")
    (work.raw / "conversion_report.json").write_text("{}")
    assert [record.warnings for record in work()] == [[], [], []]
