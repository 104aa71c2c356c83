"""`findings` on what nnU-Net's own commands leave, against `predict` with the same trained fold."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.end_to_end.conftest import Workspace

SCORE_TOLERANCE = 0.02
"""nnU-Net resamples the probabilities to the voxels of the CT, and the cube of a score then holds other samples."""


def first_case(workspace: Workspace) -> str:
    """A case of fold 0's outer cases."""
    splits = workspace.root / "nnUNet_preprocessed" / workspace.dataset / "splits_final.json"
    case: str = json.loads(splits.read_text(encoding="utf-8"))[0]["val"][0]
    return case


def vertebrae_at_centroids(workspace: Workspace, output: Path, case: str, *command: str) -> list[dict[str, Any]]:
    """The vertebrae at the annotated centroids: a model that was hardly trained locates none that could be compared."""
    table = workspace.root / "nnUNet_raw" / workspace.dataset / "vertebrae.csv"
    workspace.run("vf_nnunet", *command, "-o", str(output), "--centroids", str(table), "--overlay")
    assert (output / f"{case}_overlay.png").is_file()
    content = json.loads((output / f"{case}.json").read_text(encoding="utf-8"))
    vertebrae: list[dict[str, Any]] = content["vertebrae"]
    return vertebrae


def compare(
    one: list[dict[str, Any]], two: list[dict[str, Any]], tolerance: float, names: tuple[str, ...] = ("score",)
) -> None:
    assert [vertebra["level"] for vertebra in one] == [vertebra["level"] for vertebra in two]
    assert len(one) > 3
    for left, right in zip(one, two, strict=True):
        assert left["centre_lps_mm"] == right["centre_lps_mm"]
        assert left["not_evaluable"] == right["not_evaluable"]
        for name in names:
            assert (left[name] is None) is (right[name] is None)
            if left[name] is not None:
                assert left[name] == pytest.approx(right[name], abs=tolerance)
    assert np.ptp([vertebra["score"] for vertebra in one if vertebra["score"] is not None]) > 0


def test_findings_give_the_vertebrae_of_predict(trained: Workspace, tmp_path: Path) -> None:
    """On the maps of a training, which are those of `predict`, and on nnU-Net's `.npz` files of the same cases."""
    case = first_case(trained)
    image = trained.root / "nnUNet_raw" / trained.dataset / "imagesTr" / f"{case}_0000.nii.gz"
    ct = tmp_path / "cts" / f"{case}.nii.gz"
    ct.parent.mkdir()
    ct.symlink_to(image)
    options = ("-m", str(trained.model), "-f", "0", "-device", "cpu", "--everywhere")
    predicted = vertebrae_at_centroids(trained, tmp_path / "predicted", case, "predict", "-i", str(ct), *options)
    validation = trained.model / "fold_0" / "validation"
    sources = {
        "maps": (validation / "probability_maps" / f"{case}_fracture.nii.gz", 1e-3),
        "npz": (validation / f"{case}.npz", SCORE_TOLERANCE),
    }
    for name, (source, tolerance) in sources.items():
        images = ("--images", str(ct.parent))
        found = vertebrae_at_centroids(trained, tmp_path / name, case, "findings", "-i", str(source), *images)
        compare(predicted, found, tolerance)


@pytest.mark.slow
def test_findings_on_the_output_of_nnunet(trained: Workspace, tmp_path: Path) -> None:
    case = first_case(trained)
    (tmp_path / "images").mkdir()
    image = trained.root / "nnUNet_raw" / trained.dataset / "imagesTr" / f"{case}_0000.nii.gz"
    (tmp_path / "images" / image.name).symlink_to(image)
    (tmp_path / "cts").mkdir()
    (tmp_path / "cts" / f"{case}.nii.gz").symlink_to(image)
    trained.run(
        *("nnUNetv2_predict", "-i", str(tmp_path / "images"), "-o", str(tmp_path / "nnunet"), "-d", trained.dataset),
        *("-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans", "-c", "3d_fullres", "-f", "0", "-device", "cpu"),
        "--save_probabilities",
    )
    ct = ("-i", str(tmp_path / "cts" / f"{case}.nii.gz"))
    options = ("-m", str(trained.model), "-f", "0", "-device", "cpu", "--everywhere")
    predicted = vertebrae_at_centroids(trained, tmp_path / "predicted", case, "predict", *ct, *options)
    maps = ("-i", str(tmp_path / "nnunet"), "--images", str(tmp_path / "cts"))
    found = vertebrae_at_centroids(trained, tmp_path / "found", case, "findings", *maps)
    compare(predicted, found, SCORE_TOLERANCE)
