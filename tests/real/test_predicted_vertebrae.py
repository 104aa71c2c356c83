"""`predict` on real CTs: vertebrae at located centres, at centroids and in masks, on the axes and grids of real files.

The maps are made from the real centres, in the network's place: a network that was trained on phantoms says nothing
about these patients, and the geometry, the naming and the measurements on the CT do not depend on it.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.label_maps.bodies import find_bodies
from dataset_conversion.label_maps.vertebra_masks import read_vertebra_masks
from dataset_conversion.readers.formats.verse import read
from evaluation.maps.quantisation import quantise
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.cli import main
from vf_nnunet.inference.preprocessing import NetworkImage
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.screening.vertebrae.evaluability import CUT
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage

HALF_MM = np.array([11.0, 15.0, 18.0])
"""Half axes (z, y, x) of a body in the maps."""
REACH = 30
"""Voxels around a centre that its body can cover."""
Point = tuple[float, float, float]


def body_map(image: NetworkImage, centres: Iterable[Point]) -> np.ndarray:
    """A map (z, y, x) of bodies at LPS mm points, on the network's grid."""
    grid = HounsfieldImage.of_network(image)
    probability = np.zeros(image.array.shape[1:], np.float32)
    for index in grid.world_to_index(list(centres)):
        starts = np.maximum(np.rint(index).astype(int) - REACH, 0)
        stops = np.minimum(np.rint(index).astype(int) + REACH, probability.shape)
        box = tuple(slice(start, stop) for start, stop in zip(starts, stops, strict=True))
        offsets = np.ogrid[box]
        distance = sum(
            ((offset - place) * step / half) ** 2
            for offset, place, step, half in zip(offsets, index, grid.spacing, HALF_MM, strict=True)
        )
        probability[box] = np.maximum(probability[box], 0.95 * np.exp(-1.5 * distance))
    return probability


def predict(
    monkeypatch: pytest.MonkeyPatch,
    work: Path,
    ct: Path,
    centres: Mapping[str, Point],
    fractured: str,
    *options: object,
) -> dict[str, Any]:
    """The result of a CT whose maps show bodies at the centres, one of them fractured."""

    def maps_of(ct: Path, backend: object, image: NetworkImage, *_: object) -> dict[str, np.ndarray]:
        normal = body_map(image, (centre for level, centre in centres.items() if level != fractured))
        return {"fracture": quantise(body_map(image, [centres[fractured]])), "normal": quantise(normal)}

    monkeypatch.setattr("vf_nnunet.screening.case._quantised_maps", maps_of)
    model, output = work / "model.vf", work / "output"
    write_model_file(model, tiny_model())
    arguments = ["predict", "-i", ct, "-o", output, "-m", model, "--backend", "torch", "-device", "cpu", *options]
    assert main(list(map(str, arguments))) == 0
    content: dict[str, Any] = json.loads(next(output.glob("*.json")).read_text(encoding="utf-8"))
    return content


def errors(result: Mapping[str, Any], centres: Mapping[str, Point]) -> np.ndarray:
    """Distance in mm of each vertebra from the true centre of its level."""
    return np.array(
        [
            np.linalg.norm(np.subtract(vertebra["centre_lps_mm"], centres[vertebra["level"]]))
            for vertebra in result["vertebrae"]
            if vertebra["level"] in centres
        ]
    )


def levels(result: Mapping[str, Any]) -> list[str]:
    return [vertebra["level"] for vertebra in result["vertebrae"]]


@pytest.mark.parametrize("source", ["own", "centroids", "masks"])
def test_verse_014(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    folder = shared_data / "verse" / "sub-verse014"
    ct = folder / "sub-verse014_ct.nii.gz"
    rows = read(folder, {"sub-verse014": read_image_header(ct)}).vertebrae
    centres = {row.vertebra: row.centroid for row in rows}
    options: dict[str, tuple[object, ...]] = {
        "own": ("--highest-vertebra", "L1", "--overlay"),
        "centroids": ("--centroids", folder / "sub-verse014_seg-vb_ctd.json"),
        "masks": ("--vertebra-masks", folder / "sub-verse014_seg-vert_msk.nii.gz"),
    }
    result = predict(monkeypatch, tmp_path, ct, centres, "L3", *options[source])
    assert levels(result) == ["L1", "L2", "L3", "L4", "L5"]
    assert errors(result, centres).max() < 2.5
    known = [vertebra for vertebra in result["vertebrae"] if vertebra["not_evaluable"] is None]
    assert {vertebra["level"] for vertebra in known} >= {"L2", "L3", "L4"}
    assert [vertebra["level"] for vertebra in known if vertebra["positive"]] == ["L3"]
    # An adult's lumbar trabecular bone, without contrast medium.
    assert all(50 < vertebra["trabecular_hu"] < 300 for vertebra in known)
    heights = [vertebra["heights_mm"] for vertebra in known]
    assert all((height is not None) is (source == "masks") for height in heights)
    if source == "masks":
        assert all(15 < value < 40 for height in heights for value in height.values())
        # Its readers graded no fracture.
        assert all(vertebra["height_loss"]["own"] < 0.2 for vertebra in known)


@pytest.mark.slow
def test_a_chest_ct_with_masks_of_totalsegmentator(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vertebrae at both ends are cut by the image: they are in the list, and not evaluable."""
    ct, mask = (shared_data / "lidc" / f"lidc0001_{name}.nii.gz" for name in ("ct", "vertebrae"))
    centres = dict(find_bodies(read_vertebra_masks(mask)).centres)
    result = predict(monkeypatch, tmp_path, ct, centres, "T8", "--vertebra-masks", mask)
    assert levels(result) == ["C5", "C6", "C7", *(f"T{number}" for number in range(1, 13)), "L1", "L2", "L3"]
    reasons = {vertebra["level"]: vertebra["not_evaluable"] for vertebra in result["vertebrae"]}
    assert {level for level, reason in reasons.items() if reason == CUT} >= {"C5", "C6", "L3"}
    assert [vertebra["level"] for vertebra in result["vertebrae"] if vertebra["positive"]] == ["T8"]
    assert errors(result, centres).max() < 0.1
    located = predict(monkeypatch, tmp_path, ct, centres, "T8", "--lowest-vertebra", list(centres)[-1])
    assert levels(located) == list(centres)
    assert errors(located, centres).max() < 3


@pytest.mark.slow
def test_an_abdominal_ct_by_a_network(shared_data: Path, untrained_model: Path, tmp_path: Path) -> None:
    """Whatever a network says, each vertebra has a score or a reason, and the picture is drawn."""
    ct = shared_data / "totalsegmentator" / "example_ct.nii.gz"
    options = ("-m", untrained_model, "-device", "cpu", "--overlay")
    assert main(list(map(str, ["predict", "-i", ct, "-o", tmp_path, *options]))) == 0
    (path,) = tmp_path.glob("*.json")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert result["vertebra_level"]["centres"] == "located in the maps"
    for vertebra in result["vertebrae"]:
        assert (vertebra["score"] is None) is (vertebra["not_evaluable"] is not None)
    assert (tmp_path / "vertebrae.csv").is_file()
    assert len(list(tmp_path.glob("*_overlay.png"))) == 1
