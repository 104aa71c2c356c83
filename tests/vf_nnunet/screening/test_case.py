"""One CT is read, predicted and written."""

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import to_lps
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map
from tests.vf_nnunet.models import BrightnessBackend, probed_model
from tests.vf_nnunet.screening.conftest import BRIGHT, ORIGIN, SHAPE, save_ct, save_dicom
from vf_nnunet.inference.tiling import TilingSettings
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.model.model import Model
from vf_nnunet.nnunet.normalisation import CLIPPED, SCHEMES, STATISTICS, WINDOW_SCALE, IntensityScale
from vf_nnunet.region.prediction import NOTHING_FOUND, Computed, Plan
from vf_nnunet.screening import case as case_module
from vf_nnunet.screening.case import ScreeningSettings, screen_case
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.report import NO_SPINE, VertebraReport, report_vertebrae


class GradingBackend(BrightnessBackend):
    """Predicts that a fracture is mild, moderate and severe with a quarter, half and a quarter of its probability."""

    def probabilities(self, block: FloatArray) -> FloatArray:
        """See `vf_nnunet.inference.backend.Backend`."""
        background, normal, fracture = super().probabilities(block)
        return np.stack([background, normal, 0.25 * fracture, 0.5 * fracture, 0.25 * fracture])


def test_a_bright_cube_is_found(tmp_path: Path, ct: np.ndarray, model: Model, backend: BrightnessBackend) -> None:
    source = save_ct(tmp_path / "a.nii.gz", ct)
    output = tmp_path / "output"
    output.mkdir()
    assert screen_case("a", source, output, model, backend, ScreeningSettings(overlay=True)) == ()
    assert {path.name for path in output.iterdir()} == {
        *("a.json", "a_fracture.nii.gz", "a_normal.nii.gz", "a_overlay.png")
    }
    result = json.loads((output / "a.json").read_text(encoding="utf-8"))
    assert result["case_id"] == "a"
    assert result["image"] == "a.nii.gz"
    assert result["positive"]
    (finding,) = result["findings"]
    np.testing.assert_allclose(
        finding["centre_lps_mm"], (33.5 + ORIGIN[0], 23.5 + ORIGIN[1], 13.5 + ORIGIN[2]), atol=0.1
    )
    assert finding["volume_mm3"] == pytest.approx(512, abs=10)
    assert 0.9 < finding["peak_probability"] <= 1
    assert result["score"] == pytest.approx(finding["peak_probability"], abs=0.05)
    assert result["model"] == {"name": model.card.name, "dataset": "Dataset001_Test", "folds": ["0", "1"]}
    assert result["disclaimer"]
    fracture = read_probability_map(output / "a_fracture.nii.gz")
    assert fracture.probability.shape == SHAPE
    assert (fracture.probability[BRIGHT] > 0.5).all()


@pytest.mark.parametrize(("fracture_grade", "share"), [(1, 1.0), (2, 0.75)])
def test_a_model_of_grades_has_a_map_for_each(
    tmp_path: Path, ct: np.ndarray, model: Model, fracture_grade: int, share: float
) -> None:
    """The score is that of the sum over the fracture classes, and files of the maps of an earlier model go."""
    labels = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}
    graded = replace(model, card=replace(model.card, labels=labels, fracture_grade=fracture_grade))
    source = save_ct(tmp_path / "a.nii.gz", ct)
    screen_case("a", source, tmp_path, graded, GradingBackend(model.ensemble), ScreeningSettings(overlay=True))
    maps = {
        name: read_probability_map(tmp_path / f"a_{name}.nii.gz").probability
        for name in ("fracture", "normal", "mild", "moderate", "severe")
    }
    bright = 1 / (1 + np.exp(3 - (ct[BRIGHT] - ct.mean()) / ct.std()))
    for name, part in {"mild": 0.25, "moderate": 0.5, "severe": 0.25, "fracture": share, "normal": 1 - share}.items():
        np.testing.assert_allclose(maps[name][BRIGHT], part * bright, atol=1e-3)
    result = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert result["score"] == pytest.approx(share * 0.97, abs=0.05)
    screen_case("a", source, tmp_path, model, BrightnessBackend(model.ensemble), ScreeningSettings())
    assert {path.name for path in tmp_path.glob("a*")} == {
        *("a.nii.gz", "a.json", "a_fracture.nii.gz", "a_normal.nii.gz")
    }


def test_every_kind_of_image_gives_the_same_result(
    tmp_path: Path, ct: np.ndarray, model: Model, backend: BrightnessBackend
) -> None:
    sources = [save_ct(tmp_path / name, ct) for name in ("a.nii.gz", "a.nrrd", "a.mha")]
    sources.append(save_dicom(tmp_path / "a", ct))
    results = []
    for source in sources:
        screen_case("a", source, tmp_path, model, backend, ScreeningSettings())
        results.append(json.loads((tmp_path / "a.json").read_text(encoding="utf-8")))
        assert results[-1].pop("image") == source.name
        assert results[-1].pop("fingerprint")["ct"]["files"] == (SHAPE[0] if source.is_dir() else 1)
    assert all(result == results[0] for result in results)


def test_a_case_that_fails_is_not_finished(
    tmp_path: Path, ct: np.ndarray, model: Model, backend: BrightnessBackend
) -> None:
    """Not even if an earlier run had finished it; its files are removed."""
    source, output = save_ct(tmp_path / "a.nii.gz", ct), tmp_path / "output"
    output.mkdir()
    screen_case("a", source, output, model, backend, ScreeningSettings(overlay=True, worklist=True))
    assert len(list(output.iterdir())) == 4 + 1
    beside = output / "worklist" / "cases"
    assert sorted(path.name for path in beside.iterdir()) == ["a.jpg", "a.js"]
    source.write_bytes(source.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"a\.nii\.gz"):
        screen_case("a", source, output, model, backend, ScreeningSettings())
    assert [path.name for path in output.iterdir()] == ["worklist"]
    assert list(beside.iterdir()) == []


def test_the_worklist_shows_the_ct_where_the_finding_is(
    tmp_path: Path, ct: np.ndarray, model: Model, backend: BrightnessBackend
) -> None:
    screen_case("a", save_ct(tmp_path / "a.nii.gz", ct), tmp_path, model, backend, ScreeningSettings(worklist=True))
    (finding,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["findings"]
    script = (tmp_path / "worklist" / "cases" / "a.js").read_text(encoding="ascii")
    content = json.loads(script[script.index("{") : script.rindex("}") + 1])
    for name, expected, tolerance in (("ct", 1500.0, 60.0), ("probability", 0.98, 0.05)):
        volume = nibabel.Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(content[name])))
        index = np.linalg.inv(to_lps(volume.affine)) @ [*finding["centre_lps_mm"], 1.0]
        value = volume.get_fdata()[tuple(np.rint(index[:3]).astype(int))]
        assert value == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(("air_below", "expected"), [(None, None), (-800.0, True)])
def test_air_is_given_in_the_images_own_units(
    tmp_path: Path,
    ct: np.ndarray,
    model: Model,
    backend: BrightnessBackend,
    monkeypatch: pytest.MonkeyPatch,
    air_below: float | None,
    expected: bool | None,
) -> None:
    ct[20:] = -1000
    seen = []

    def spy(backend: object, image: np.ndarray, tiling: TilingSettings, everywhere: bool) -> Plan:
        seen.append((image, tiling))
        return Plan(Computed(True, "test", None, 0.0), (3, 3, 3), [])

    monkeypatch.setattr(case_module, "plan_region", spy)
    settings = ScreeningSettings(air_below=air_below, memory_gb=1.5)
    screen_case("a", save_ct(tmp_path / "a.nii.gz", ct), tmp_path, model, backend, settings)
    ((image, tiling),) = seen
    assert tiling.memory_gb == 1.5
    assert tiling.kept_bytes == 4
    if expected is None:
        assert tiling.air_below is None
    else:
        assert tiling.air_below is not None
        np.testing.assert_array_equal(image[0] < tiling.air_below, ct < -800)


@pytest.mark.parametrize("value", [np.nan, 1.5])
def test_values_that_are_not_probabilities_are_not_written(
    tmp_path: Path,
    ct: np.ndarray,
    model: Model,
    backend: BrightnessBackend,
    monkeypatch: pytest.MonkeyPatch,
    value: float,
) -> None:
    block = np.full((3, 4, 4, 4), 0.3, np.float32)
    block[1, 0, 0, 0] = value
    monkeypatch.setattr(case_module, "predict_region", lambda *arguments, **settings: [((slice(0, 4),) * 3, block)])
    source, output = save_ct(tmp_path / "a.nii.gz", ct), tmp_path / "output"
    output.mkdir()
    with pytest.raises(InputError, match=r"a\.nii\.gz: values .*; expected probabilities from 0 to 1"):
        screen_case("a", source, output, model, backend, ScreeningSettings())
    assert list(output.iterdir()) == []


def test_padding_does_not_change_the_result(
    tmp_path: Path, ct: np.ndarray, model: Model, backend: BrightnessBackend
) -> None:
    results = []
    for padding in (-1024, -2000, -3024):
        ct[:, :5] = padding
        source = save_ct(tmp_path / f"padded{-padding}.mha", ct)
        warnings = screen_case("a", source, tmp_path, model, backend, ScreeningSettings())
        assert sum("(air)" in warning for warning in warnings) == (padding < -1024)
        result = json.loads((tmp_path / "a.json").read_text())
        images: list[Any] = [nibabel.load(tmp_path / f"a_{name}.nii.gz") for name in ("fracture", "normal")]
        results.append((result["score"], result["findings"], np.stack([image.get_fdata() for image in images])))
    for score, findings, maps in results[1:]:
        assert (score, findings) == results[0][:2]
        np.testing.assert_array_equal(maps, results[0][2])


def scaled(model: Model, scale: IntensityScale) -> Model:
    """The model with a fixed normalisation."""
    statistics = {STATISTICS: {"0": scale.to_statistics()}}
    preprocessing = {**model.card.preprocessing, SCHEMES: [CLIPPED], **statistics}
    return replace(model, card=replace(model.card, preprocessing=preprocessing))


@pytest.mark.parametrize("scale", [WINDOW_SCALE, IntensityScale(110.0, 65.0, -20.0, 455.0)])
def test_vertebrae_are_measured_in_unclipped_hounsfield_units(
    tmp_path: Path, ct: np.ndarray, model: Model, monkeypatch: pytest.MonkeyPatch, scale: IntensityScale
) -> None:
    """Metal, dense cores and air would look alike to a model whose normalisation clips to labelled voxels."""
    seen: list[tuple[HounsfieldImage, ProbabilityMap]] = []

    def spy(maps: dict[str, ProbabilityMap], image: HounsfieldImage, *_: object) -> VertebraReport:
        seen.append((image, maps["fracture"]))
        return report_vertebrae(maps, image, VertebraOptions(), None)

    monkeypatch.setattr(case_module, "report_vertebrae", spy)
    ct[0] = -1024
    ct[30:33, 5:8, 5:8] = 3071
    source = save_ct(tmp_path / "a.nii.gz", ct)
    screen_case("a", source, tmp_path, scaled(model, scale), BrightnessBackend(model.ensemble), ScreeningSettings())
    ((image, fracture),) = seen
    np.testing.assert_allclose(image.array * image.scale + image.offset, ct, atol=1e-3)
    np.testing.assert_array_equal(fracture.affine, image.affine)


def test_air_around_a_ct_changes_no_map_of_a_window(tmp_path: Path, ct: np.ndarray, model: Model) -> None:
    """By whole blocks of the subsampled pathway, so that only the normalisation could change it."""
    changes = {}
    for name, one in (("image", model), ("window", scaled(model, WINDOW_SCALE))):
        _, small = screen(tmp_path, ct, one)
        _, large = screen(tmp_path, np.pad(ct, 12, constant_values=-1024), one)
        inner = tuple(slice(12, -12) for _ in range(3))
        changes[name] = float(np.abs(small - large[inner])[8:-8, 8:-8, 8:-8].max())
    assert changes["window"] == 0
    assert changes["image"] > 0.1


def screen(tmp_path: Path, ct: np.ndarray, model: Model, **settings: Any) -> tuple[dict[str, Any], np.ndarray]:
    """The result of a CT and its map of fracture."""
    source = save_ct(tmp_path / "a.nii.gz", ct)
    screen_case("a", source, tmp_path, model, BrightnessBackend(model.ensemble), ScreeningSettings(**settings))
    fracture: Any = nibabel.load(tmp_path / "a_fracture.nii.gz")
    return json.loads((tmp_path / "a.json").read_text(encoding="utf-8")), fracture.get_fdata()


def test_a_model_without_a_probe_is_computed_everywhere(tmp_path: Path, ct: np.ndarray, model: Model) -> None:
    result, _ = screen(tmp_path, ct, model)
    assert result["computed"] == {
        "everywhere": True,
        "reason": "no probe in fold 0, 1",
        "region_share": None,
        "computed_share": 1.0,
    }
    assert result["warnings"] == []


def test_only_the_place_where_a_vertebra_can_be_is_computed(tmp_path: Path) -> None:
    ct = np.random.default_rng(0).normal(0, 40, (90, 80, 80)).round().astype(np.int16)
    ct[50:62, 30:42, 40:52] = 1500
    result, region = screen(tmp_path, ct, probed_model())
    dense_result, everywhere = screen(tmp_path, ct, probed_model(), everywhere=True)
    assert not result["computed"]["everywhere"]
    assert 0 < result["computed"]["region_share"] < result["computed"]["computed_share"] < 0.5
    assert dense_result["computed"]["reason"] == "asked for"
    assert dense_result["fingerprint"] != result["fingerprint"]
    assert result["findings"] == dense_result["findings"]
    computed = region > 0
    np.testing.assert_array_equal(region[computed], everywhere[computed])
    assert (everywhere > 0).sum() > computed.sum()


def test_nothing_found_is_said_and_computed_everywhere(tmp_path: Path, ct: np.ndarray) -> None:
    ct[BRIGHT] = 0
    places = np.random.default_rng(0).random(SHAPE) < 0.002
    ct[places] = 2500 - np.arange(places.sum()) % 97
    result, _ = screen(tmp_path, ct, probed_model())
    assert result["computed"]["everywhere"]
    assert result["computed"]["reason"] == "no place where a vertebra can be"
    assert result["computed"]["region_share"] == 0
    assert result["warnings"] == [NOTHING_FOUND, f"no vertebra is evaluable: {NO_SPINE}"]


def test_the_picture_does_not_name_the_case(
    tmp_path: Path, ct: np.ndarray, model: Model, backend: BrightnessBackend
) -> None:
    """Nor the file: pictures of two cases differ only in what their CTs show."""
    pictures = []
    for case in ("a", "Doe_Jane_1940"):
        output = tmp_path / f"output of {case}"
        output.mkdir()
        source = save_ct(tmp_path / f"{case}.nii.gz", ct)
        screen_case(case, source, output, model, backend, ScreeningSettings(overlay=True))
        pictures.append((output / f"{case}_overlay.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_dicom_objects_of_an_earlier_result_are_removed(
    tmp_path: Path, ct: np.ndarray, model: Model, backend: BrightnessBackend
) -> None:
    source, objects = save_ct(tmp_path / "a.nii.gz", ct), tmp_path / "output" / "a" / "dicom"
    objects.mkdir(parents=True)
    (objects / "report.dcm").write_bytes(b"")
    screen_case("a", source, tmp_path / "output", model, backend, ScreeningSettings())
    assert not objects.exists()
