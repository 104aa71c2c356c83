"""The picture of a predicted CT."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import Finding
from evaluation.report.overlay import blend
from vf_nnunet.screening.overlay import Overlay, OverlayStyle, cut_overlay, draw_overlay
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage

SHAPE = (60, 40, 50)


def tilted_case() -> tuple[HounsfieldImage, dict[str, ProbabilityMap]]:
    """A column of normal voxels that runs from x = 15 at the bottom to x = 35 at the top, fractured at z = 45."""
    normal, fracture = np.zeros((2, *SHAPE), np.float32)
    hounsfield = np.zeros(SHAPE, np.float32)
    for z in range(SHAPE[0]):
        x = round(15 + 20 * z / (SHAPE[0] - 1))
        normal[z, 10:30, x - 5 : x + 6] = 0.8
        hounsfield[z, :, x - 1 : x + 2] = 1000 + z
    fracture[42:48] = 0.7 * (normal[42:48] > 0)
    normal[42:48] = 0
    both = {"normal": normal, "fracture": fracture}
    maps = {name: ProbabilityMap.from_probability(values, np.eye(4)) for name, values in both.items()}
    scores = ((hounsfield - 50) / 200).astype(np.float32)
    return HounsfieldImage(scores, np.eye(4), (1.0, 1.0, 1.0), scale=200.0, offset=50.0), maps


def test_slices_follow_the_spine_with_the_head_up_and_the_front_left() -> None:
    image, maps = tilted_case()
    overlay = cut_overlay(image, maps, style=OverlayStyle(offsets=(0.0, 40.0)))
    middle, beside = overlay.hounsfield
    assert middle.shape == (60, 40)
    # The brightness along the course tells the height; within a voxel of it in most rows.
    np.testing.assert_allclose(middle[:, 0].max(), 1059, atol=1)
    assert (np.abs(middle[:, 0] - (1059 - np.arange(60))) < 1).mean() > 0.9
    assert not (np.abs(beside) > 1).any()
    fracture = overlay.probability[0]
    rows, columns = np.nonzero(fracture)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (12, 17, 10, 29)


def test_slices_follow_the_located_vertebrae_and_not_false_signal() -> None:
    """A rib as bright as the column, in the maps only, beside all of its upper half."""
    image, maps = tilted_case()
    normal = maps["normal"].quantised.copy()
    normal[30:, 10:30, 2:13] = maps["normal"].quantised.max()
    maps["normal"] = replace(maps["normal"], quantised=normal)
    centres = [(15 + 20 * z / 59, 20.0, float(z)) for z in (55, 35, 15, 5)]
    follows = np.abs(cut_overlay(image, maps, centres).hounsfield[1][:, 0] - (1059 - np.arange(60))) < 1
    # Above the first and below the last vertebra the slice goes straight on.
    assert follows[6:55].mean() > 0.9
    astray = np.abs(cut_overlay(image, maps).hounsfield[1][:, 0] - (1059 - np.arange(60))) < 1
    assert astray[:25].mean() < 0.1


def test_a_ct_on_another_grid_gives_the_same_slices() -> None:
    """As in `findings`, where maps of 1 mm are shown over the CT itself."""
    image, maps = tilted_case()
    fine = image.array.repeat(2, axis=0).repeat(2, axis=2)
    affine = np.diag([0.5, 1.0, 0.5, 1.0])
    affine[:3, 3] = (-0.25, 0.0, -0.25)
    finer = HounsfieldImage(fine, affine, (0.5, 1.0, 0.5), image.scale, image.offset)
    one, two = cut_overlay(image, maps), cut_overlay(finer, maps)
    np.testing.assert_array_equal(one.probability, two.probability)
    # Repeated voxels are interpolated over half the distance, so that only the sides of the bright column differ.
    middle = np.abs(one.hounsfield[1] - two.hounsfield[1])
    assert np.median(middle) < 1
    assert one.hounsfield[1].shape == two.hounsfield[1].shape == (60, 40)


def test_the_file_shows_the_heat_map(tmp_path: Path) -> None:
    """Over grey slices the only colours are those of the probabilities."""
    image, both = tilted_case()
    finding = Finding((25.0, 20.0, 45.0), 100, 100.0, 0.7)
    colours = {}
    nothing = {name: replace(one, quantised=np.zeros_like(one.quantised)) for name, one in both.items()}
    for name, maps in (("with", both), ("without", nothing)):
        path = tmp_path / f"{name}.png"
        draw_overlay(path, cut_overlay(image, maps), [finding], "a case")
        pixels = np.asarray(Image.open(BytesIO(path.read_bytes())).convert("RGB")).astype(int)
        colours[name] = np.ptp(pixels, axis=2) > 20
    assert colours["with"].sum() > 1000
    assert not colours["without"].any()
    shown = np.flatnonzero(colours["with"].any(axis=1)) / len(colours["with"])
    assert 0.18 < shown.min() < shown.max() < 0.32


def test_the_colours_are_those_of_the_report(tmp_path: Path) -> None:
    _, maps = tilted_case()
    hounsfield, probability = np.full(SHAPE[:2], 450.0), np.full(SHAPE[:2], 0.7)
    path = tmp_path / "flat.png"
    draw_overlay(path, Overlay((hounsfield,), (probability,), maps["fracture"]), [], "")
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    middle = pixels[pixels.shape[0] // 2, pixels.shape[1] // 2]
    np.testing.assert_allclose(middle, blend(hounsfield, probability)[0, 0], atol=1)


def test_a_ct_of_one_slice_gives_a_picture_of_bounded_size(tmp_path: Path) -> None:
    shape = (1, 300, 300)
    grid = ProbabilityMap(np.zeros(shape, np.uint16), np.eye(4))
    flat = (np.zeros(shape[:2]),) * 3
    style = OverlayStyle()
    draw_overlay(tmp_path / "flat.png", Overlay(flat, flat, grid), [], "")
    width, height = Image.open(tmp_path / "flat.png").size
    assert width <= style.widest * style.dots_per_inch
    assert height == style.height * style.dots_per_inch


def test_the_caution_stands_within_the_picture(tmp_path: Path) -> None:
    """In as many lines as it needs, and readable on bright bone."""
    grid = ProbabilityMap(np.zeros((60, 20, 20), np.uint16), np.eye(4))
    shown = []
    for caution in ("Trained on phantoms only: not for finding fractures in patients. " * 3, ""):
        overlay = Overlay((np.full((60, 20), 3000.0),) * 3, (np.zeros((60, 20)),) * 3, grid)
        draw_overlay(tmp_path / "bright.png", overlay, [], "", caution=caution)
        shown.append(np.asarray(Image.open(tmp_path / "bright.png").convert("L")).astype(int))
    behind = shown[0] - shown[1] < -100
    assert behind.any(axis=1).mean() > 0.03
    columns = np.flatnonzero(behind.any(axis=0)) / behind.shape[1]
    assert 0.6 < columns.max() < 0.99
