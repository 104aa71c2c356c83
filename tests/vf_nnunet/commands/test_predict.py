"""The command `predict`: model folder and model file, backends, messages and exit codes."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from tests.vf_nnunet.models import probed_model, tiny_model
from tests.vf_nnunet.screening.conftest import save_ct
from tests.vf_nnunet.screening.worklist.test_growing_page import shown
from vf_nnunet.cli import build_parser, main
from vf_nnunet.commands.evaluate import weights_of
from vf_nnunet.commands.prediction_options import BACKENDS
from vf_nnunet.inference import backend
from vf_nnunet.model import default_model
from vf_nnunet.model.default_model import CAUTION
from vf_nnunet.model.model_file import fold_digests, read_model_file, write_model_file

POINTS = {"youden": {"probability_threshold": 0.7, "noise_threshold": 8}}


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """A small model with an evaluation's operating point."""
    model = tiny_model()
    path = tmp_path / "model.vf"
    write_model_file(path, replace(model, card=replace(model.card, operating_points=POINTS)))
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two CTs of noise."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number, name in enumerate(("a.nii.gz", "b.mha")):
        noise = np.random.default_rng(number).integers(-900, 900, (40, 22, 24)).astype(np.int16)
        save_ct(folder / name, noise)
    return folder


def predict(source: Path, output: Path, model: Path, *options: str) -> int:
    return main(["predict", "-i", str(source), "-o", str(output), "-m", str(model), *options])


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_the_commands_backends_are_the_librarys() -> None:
    assert BACKENDS == backend.BACKENDS


def test_a_folder_of_cts(images: Path, tmp_path: Path, model_file: Path) -> None:
    output = tmp_path / "output"
    assert predict(images, output, model_file, "--overlay", "--backend", "torch", "--memory", "0.5", "--no-skip") == 0
    expected = {f"{case}{end}" for case in "ab" for end in (".json", "_fracture.nii.gz", "_normal.nii.gz")}
    of_all = {"vertebrae.csv", "index.html", "worklist"}
    assert {path.name for path in output.iterdir()} == {*expected, "a_overlay.png", "b_overlay.png", *of_all}
    assert all(entry["has_volumes"] and entry["thumbnail"] for entry in shown(output).values())
    assert (output / "worklist" / "model.json").is_file()
    result = read(output / "a.json")
    assert result["operating_point"] == {
        "probability_threshold": 0.7,
        "noise_threshold_voxels": 8,
        "source": "youden point of the model's evaluation",
        "connectivity": 26,
    }
    assert result["model"]["weights_sha256"]


def test_the_model_file_gives_the_maps_of_the_folder(images: Path, tmp_path: Path, untrained_model: Path) -> None:
    packed = tmp_path / "packed.vf"
    assert main(["export", "-m", str(untrained_model), "-o", str(packed)]) == 0
    for model, name in ((untrained_model, "folder"), (packed, "file")):
        assert predict(images / "a.nii.gz", tmp_path / name, model) == 0
    for kind in ("fracture", "normal"):
        left, right = (
            np.asarray(nibabel.load(tmp_path / name / f"a_{kind}.nii.gz").dataobj) for name in ("folder", "file")
        )
        np.testing.assert_array_equal(left, right)
    first, second = (read(tmp_path / name / "a.json") for name in ("folder", "file"))
    assert first["score"] == second["score"]
    assert first["operating_point"]["probability_threshold"] == 0.5
    assert first["operating_point"]["noise_threshold_voxels"] == 125


def test_finished_cases_are_skipped_and_bad_ones_reported(
    images: Path, tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (images / "c.nii.gz").write_bytes((images / "a.nii.gz").read_bytes()[:500])
    output = tmp_path / "output"
    assert predict(images, output, model_file) == 2
    error = capsys.readouterr().err
    lines = [line for line in error.splitlines() if line.startswith("vf_nnunet predict: ")]
    assert len(lines) == 1
    assert "c.nii.gz" in lines[0]
    assert list(read(output / "failed.json")) == ["c"]
    page = shown(output)
    assert list(page) == ["a", "b", "c"]
    assert "c.nii.gz" in page["c"]["failure"][0]
    times = {path: path.stat().st_mtime_ns for path in output.glob("[ab]*")}
    assert len(times) == 6
    assert predict(images, output, model_file, "--continue") == 2
    assert "c (1 of 1)" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in output.glob("[ab]*")} == times


def save_mask(path: Path) -> Path:
    mask = np.zeros((20, 22, 24), np.uint8)
    mask[5:15, 5:15, 5:15] = 1
    path.parent.mkdir(exist_ok=True)
    return save_ct(path, mask)


def test_what_is_passed_over_is_named_and_recorded(
    images: Path, tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    liver, spleen = save_mask(images / "liver.nii.gz"), save_mask(images / "segmentations" / "spleen.nii.gz")
    (images / "report.pdf").touch()
    output = tmp_path / "output"
    assert predict(images, output, model_file) == 0
    assert not (output / "liver.json").exists()
    passed_over = read(output / "passed_over.json")
    assert list(passed_over) == [str(images / "report.pdf"), str(spleen), str(liver)]
    error = capsys.readouterr().err
    assert f"warning: {images}: passed over (in a folder segmentations): segmentations/spleen.nii.gz" in error
    assert f"passed over: {liver}: values from 0 to 1, a mask" in error
    assert predict(images, output, model_file, "--continue") == 0


def test_a_mask_that_is_asked_for_is_refused(
    tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = save_mask(tmp_path / "liver.nii.gz")
    assert predict(mask, tmp_path / "output", model_file) == 2
    lines = capsys.readouterr().err.splitlines()
    assert (
        f"vf_nnunet predict: {mask}: values from 0 to 1, a mask or a map of probabilities; expected a CT in HU" in lines
    )


@pytest.mark.parametrize("flag", ["--continue", "--continue_prediction", "--c"])
def test_continue_has_nnunets_names_too(flag: str) -> None:
    assert build_parser().parse_args(["predict", "-i", "ct", "-o", "output", "-m", "model", flag]).resume


def test_points_of_an_evaluation(images: Path, tmp_path: Path, model_file: Path) -> None:
    points = {"target_sensitivity": {"probability_threshold": 0.2, "noise_threshold": 27}}
    summary = {"operating_points": {"patient": points}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    options = ("--evaluation", str(tmp_path), "--operating-point", "target_sensitivity")
    assert predict(images / "a.nii.gz", tmp_path / "output", model_file, *options) == 0
    used = read(tmp_path / "output" / "a.json")["operating_point"]
    assert (used["probability_threshold"], used["noise_threshold_voxels"]) == (0.2, 27)


def test_an_evaluation_without_a_point(
    images: Path, tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default is not taken for the evaluation's point."""
    summary: dict[str, Any] = {"operating_points": {"patient": None}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert predict(images / "a.nii.gz", tmp_path / "output", model_file, "--evaluation", str(tmp_path)) == 2
    assert f"{tmp_path}: no youden point that can be used; expected an evaluation" in capsys.readouterr().err


def test_points_of_another_models_evaluation(
    images: Path, tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = {"operating_points": {"patient": POINTS}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    options = ("--evaluation", str(tmp_path), "--backend", "torch")
    weights = fold_digests(tiny_model().ensemble)
    for name, expected in (("fold_1", 0), ("fold_0", 2)):
        record = {"checkpoints": {}, "weights": weights | {name: weights["fold_1"]}}
        (tmp_path / "made_from.json").write_text(json.dumps(record))
        assert predict(images / "a.nii.gz", tmp_path / f"output{expected}", model_file, *options) == expected
        error = [line for line in capsys.readouterr().err.splitlines() if "model" in line]
        assert len(error) == (expected > 0)
    assert f"{tmp_path}: evaluated another model than {model_file}, fold_0 differ; expected" in error[0]
    assert not (tmp_path / "output2").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--memory", "0"), "--memory 0.0: expected more than 0"),
        (("--probability-threshold", "1.5"), "probability_threshold is 1.5; expected less than 1"),
        (("--operating-point", "best"), "operating point 'best': the model's evaluation has youden"),
        (("-f", "7"), "no fold 7; it has 0, 1"),
    ],
)
def test_bad_options_are_found_before_any_work(
    images: Path,
    tmp_path: Path,
    model_file: Path,
    options: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert predict(images, tmp_path / "output", model_file, *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


@pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
@pytest.mark.parametrize("kind", ["model_file", "untrained_model"])
def test_a_model_needs_neither_torch_nor_other_slow_imports(
    images: Path, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    model: Path = request.getfixturevalue(kind)
    arguments = ["predict", "-i", str(images / "a.nii.gz"), "-o", str(tmp_path / "output"), "-m", str(model)]
    slow = ("torch", "nnunetv2", "pickletools", "matplotlib", "higra", "scipy.signal", "scipy.stats", "pandas")
    code = (
        "import sys; from vf_nnunet.cli import main; "
        f"code = main({[*arguments, '--backend', 'openvino']!r}); "
        f"print(code, [name for name in {slow} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert result.stdout.splitlines()[-1] == "0 []"
    assert (tmp_path / "output" / "a.json").is_file()


def test_an_output_that_is_a_file_is_found_before_the_model_is_read(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    output.write_text("mine")
    for given in (output, output / "a" / "b"):
        assert predict(images, given, tmp_path / "nowhere.vf") == 2
        problem = f"-o {given}: {output} is a file; expected a folder or a new name"
        assert capsys.readouterr().err == f"vf_nnunet predict: {problem}\n"
    assert output.read_text() == "mine"


def test_an_output_that_cannot_be_written_is_found_before_the_model_is_read(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    assert predict(images, tmp_path / "a" / "b", tmp_path / "nowhere.vf") == 2
    assert f"{tmp_path} is not writable; expected" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("inner", [".", "predictions", "a/../deep/predictions"])
def test_maps_do_not_go_where_they_would_be_taken_for_cts(
    images: Path, tmp_path: Path, inner: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = images / inner
    assert predict(images, output, tmp_path / "nowhere.vf") == 2
    problem = f"-o {output}: lies in -i {images}, where its maps would be taken for CTs; expected another folder"
    assert capsys.readouterr().err == f"vf_nnunet predict: {problem}\n"


def test_maps_may_go_beside_a_single_ct(images: Path, model_file: Path) -> None:
    assert predict(images / "a.nii.gz", images, model_file) == 0
    assert (images / "a.json").is_file()


def test_help_lists_the_models_that_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    for command, reads_files in (("predict", True), ("export", False)):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        text = " ".join(capsys.readouterr().out.split())
        assert ("or a .vf file" in text) is reads_files


def test_continuing_with_other_options_predicts_again_and_says_so(
    images: Path, tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    assert predict(images, output, model_file) == 0
    capsys.readouterr()
    options = ("--continue", "--probability-threshold", "0.94", "-f", "1")
    assert predict(images / "a.nii.gz", output, model_file, *options) == 0
    error = capsys.readouterr().err
    differing = "folds 0+1, now 1; probability_threshold 0.7, now 0.94"
    assert f"warning: {output / 'a.json'}: {differing}: predicted again" in error
    assert f"warning: {output}: results of b were made otherwise: {differing};" in error
    assert read(output / "a.json")["model"]["folds"] == ["1"]
    assert read(output / "b.json")["model"]["folds"] == ["0", "1"]
    assert predict(images / "a.nii.gz", output, model_file, *options) == 0
    assert "predicted again" not in capsys.readouterr().err


def test_a_file_that_is_not_a_result_stops_the_prediction(
    images: Path, tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sidecar = images / "a.json"
    sidecar.write_text('{"Modality": "CT"}')
    for options in ((), ("--continue",)):
        assert predict(images / "a.nii.gz", images, model_file, *options) == 2
        assert f"{sidecar}: not a result of vf_nnunet predict" in capsys.readouterr().err
    assert sidecar.read_text() == '{"Modality": "CT"}'


def test_the_record_of_a_folder_is_that_of_its_file(tmp_path: Path, untrained_model: Path) -> None:
    packed = tmp_path / "packed.vf"
    assert main(["export", "-m", str(untrained_model), "-o", str(packed)]) == 0
    folders = sorted(untrained_model.glob("fold_*"))
    weights = fold_digests(read_model_file(packed).ensemble)
    assert weights.keys() == {folder.name for folder in folders}
    assert weights_of(folders) == weights
    assert weights_of([tmp_path / "fold_0"]) == weights_of([]) == {}


@pytest.fixture
def phantom_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small model in the place of the package's."""
    path = tmp_path / "phantom.vf"
    model = probed_model()
    write_model_file(path, replace(model, card=replace(model.card, caution=CAUTION)))
    monkeypatch.setattr(default_model, "PHANTOM_FILE", path)
    return path


def test_without_a_model_that_of_the_package_is_used_and_every_result_says_so(
    images: Path, tmp_path: Path, phantom_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    assert main(["predict", "-i", str(images), "-o", str(output)]) == 0
    assert capsys.readouterr().err.splitlines().count(f"warning: {CAUTION}") == 1
    for case in "ab":
        result = read(output / f"{case}.json")
        assert result["warnings"][0] == CAUTION
        assert result["model"]["caution"] == CAUTION
    # Given by its path it is the same model, and findings from its maps are no less those of a model of phantoms.
    assert predict(images, output, phantom_file, "--continue") == 0
    assert f"warning: {CAUTION}" in capsys.readouterr().err
    assert main(["findings", "-i", str(output), "-o", str(tmp_path / "findings")]) == 0
    assert read(tmp_path / "findings" / "a.json")["warnings"][0] == CAUTION


def test_an_evaluation_is_compared_with_the_package_model(
    images: Path, tmp_path: Path, phantom_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = {"operating_points": {"patient": POINTS}, "patient": {}, "vertebra": {}}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    (tmp_path / "made_from.json").write_text(json.dumps({"checkpoints": {}, "weights": {"fold_0": "other"}}))
    assert main(["predict", "-i", str(images), "-o", str(tmp_path / "output"), "--evaluation", str(tmp_path)]) == 2
    assert f"evaluated another model than {phantom_file}" in capsys.readouterr().err


def test_an_installation_without_a_model_asks_for_one(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(default_model, "PHANTOM_FILE", tmp_path / "phantom.vf")
    assert main(["predict", "-i", str(images), "-o", str(tmp_path / "output")]) == 2
    expected = f"{tmp_path / 'phantom.vf'}: no model came with this installation; expected a model of your own"
    assert capsys.readouterr().err == f"vf_nnunet predict: {expected}\n"
    assert not (tmp_path / "output").exists()


def test_a_model_of_ones_own_has_no_caution(images: Path, tmp_path: Path, model_file: Path) -> None:
    assert predict(images / "a.nii.gz", tmp_path / "output", model_file) == 0
    result = read(tmp_path / "output" / "a.json")
    assert "caution" not in result["model"]
    assert not any("phantoms" in warning for warning in result["warnings"])
