"""The page in a real browser: placing, grading and saving, by mouse and by keyboard."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table
from tests.snippets import ROOT
from tests.vf_nnunet.annotation.conftest import OpenPage, Page, Serve
from tests.vf_nnunet.annotation.images import MARKED, lps, write_ct
from tests.vf_nnunet.annotation.marks import mark
from vf_nnunet.annotation.consensus import Consensus

FIRST, ABOVE, TOP = [20, 25, 15], [20, 25, 30], [20, 25, 45]
"""Voxels [x, y, z] of three bodies."""


def summary(rows: list[Vertebra]) -> list[tuple[str, int | None]]:
    return [(row.vertebra, row.grade) for row in rows]


def test_place_grade_drag_undo_save_reload_and_go_on(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served = serve_cts({"a": write_ct(tmp_path / "a.nii.gz"), "b": write_ct(tmp_path / "b.nii.gz")})
    page = open_page(served.address.url)
    page.page.select_option("#first", "L3")
    page.click(FIRST)
    page.keys("0")
    page.click(ABOVE)
    page.keys("2", "w")
    page.click(TOP)
    page.saved()
    assert summary(served.rows()) == [("L1", None), ("L2", 2), ("L3", 0)]
    assert page.page.inner_text("#cases li[data-state=open]").startswith("a\n2 of 3 graded")
    page.keys("x")
    page.drag(TOP, [20, 31, 48])
    page.saved()
    top = served.rows()[0]
    assert np.allclose(top.centroid, (20, 31, 48), atol=0.1)
    page.keys("Control+z")
    page.saved()
    assert np.allclose(served.rows()[0].centroid, (20, 25, 45), atol=0.1)
    page.keys("Control+y")
    page.saved()
    assert np.allclose(served.rows()[0].centroid, (20, 31, 48), atol=0.1)
    assert "graded" in page.page.inner_text("#cases li[data-state=graded]")
    page.page.reload()
    page.ready()
    assert page.page.inner_text("#cases [aria-current=true]").startswith("b")
    page.page.click("#cases li:first-child button")
    page.ready()
    assert page.levels() == ["L1", "L2", "L3"]
    page.click([20, 25, 3])
    page.keys("3", "c")
    page.saved()
    rows = served.rows()
    assert summary(rows) == [("L1", None), ("L2", 2), ("L3", 0), ("L4", 3)]
    assert [row.shape for row in rows] == [None, "wedge", None, "crush"]
    header, *lines = served.table.read_text(encoding="utf-8").splitlines()
    cells = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    assert [cell["reader"] for cell in cells] == ["eva"] * 4
    assert [cell["grade"] for cell in cells] == ["x", "2", "0", "3"]
    assert all(0 <= float(cell["seconds"]) < 60 for cell in cells)
    assert any(float(cell["seconds"]) > 0 for cell in cells)


def oblique(spacing: tuple[float, float, float], degrees: tuple[float, float, float]) -> np.ndarray:
    """RAS affine of a turned grid."""
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() * spacing
    affine[:3, 3] = (-31.2, 17.7, -412.9)
    return affine


FLIPPED = np.array([[0, 0, 1.5, 12.5], [-1.2, 0, 0, 80.0], [0, -0.9, 0, -33.0], [0, 0, 0, 1]])
AFFINES = {
    "oblique": oblique((-1.0, -1.0, 1.1), (12.0, -9.0, 17.0)),
    "flipped and permuted": FLIPPED,
    "anisotropic": oblique((-0.7, 0.7, 3.0), (0.0, 0.0, 0.0)),
}


def test_a_click_at_a_voxel_is_its_place_in_the_patient(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    marked = (13, 31, 22)
    cts = {case: write_ct(tmp_path / f"{case}.nii.gz", affine, marked) for case, affine in AFFINES.items()}
    served = serve_cts(cts)
    page = open_page(served.address.url)
    for affine in AFFINES.values():
        index = page.page.evaluate(WHERE, MARKED)
        for plane in PLANES:
            beside, shown = brightness(page, index, plane)
            assert beside == 0
            assert shown > 60  # white, but for the smoothing of the picture
            page.click(index, plane)
            page.saved()
            (row,) = served.rows()
            assert np.allclose(row.centroid, lps(affine, marked), atol=0.1)
            page.keys("Delete")
        page.keys("Enter")
        page.ready()


PLANES = ("sagittal", "coronal", "axial")
WHERE = """(value) => {
  const {size, voxels} = annotate.scene.volume;
  const place = voxels.indexOf(value);
  return [place % size[0], Math.floor(place / size[0]) % size[1], Math.floor(place / size[0] / size[1])];
}"""


def brightness(page: Page, index: list[int], plane: str) -> list[int]:
    """Grey value of the picture at a voxel and some voxels away, in a window in which only the marked one is white."""
    places = [page.pixel([place + 4 for place in index], plane), page.pixel(index, plane)]
    found: list[int] = page.page.evaluate(
        """([places, plane, value]) => {
          const {scene, views} = annotate;
          const view = views.find((one) => one.plane === plane);
          view.draw({...scene, low: value - 1000, high: value, crosshair: [...scene.crosshair]});
          const box = view.canvas.getBoundingClientRect();
          const {width, height} = view.canvas;
          const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
          copy.drawImage(view.canvas, 0, 0);
          const grey = ([x, y]) => copy.getImageData(Math.round(x - box.left), Math.round(y - box.top), 1, 1).data[1];
          return places.map(grey);
        }""",
        [places, plane, MARKED],
    )
    return found


def test_by_keyboard_alone(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served = serve_cts({"a": write_ct(tmp_path / "a.nii.gz"), "b": write_ct(tmp_path / "b.nii.gz")})
    page = open_page(served.address.url)
    page.keys("Space", "1", "b", *["Shift+ArrowUp"] * 2, "Space", "0", "j", "h")
    assert "L4 is taken" in page.status()
    page.keys("v", "o", "t", "p", "z", "r")
    page.saved()
    page.keys("Shift+F")
    page.saved()
    assert page.levels() == ["L5", "L6"]
    page.keys("Shift+H", "Shift+ArrowLeft", "m", "Delete", "u", "Enter")
    page.ready()
    page.page.wait_for_selector("#cases li:nth-child(2) [aria-current=true]")
    page.keys("Space", "x", "Space")
    assert "L5 is here already" in page.status()
    page.saved()
    assert summary(served.rows()) == [("L4", 0), ("L5", 1), ("L5", None)]
    page.keys("?")
    assert page.page.is_visible("#keys")
    page.keys("?")
    assert not page.page.is_visible("#keys")


def test_normal_vertebrae_are_graded_one_after_another(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served = serve_cts({"a": write_ct(tmp_path / "a.nii.gz")})
    page = open_page(served.address.url)
    for place in (FIRST, ABOVE, TOP):
        page.click(place)
    page.keys("2", "k", "j", "j", "y", "y")
    assert "All vertebrae of this case have a grade" in page.status()
    page.saved()
    assert summary(served.rows()) == [("L3", 2), ("L4", 0), ("L5", 0)]


def test_undo_and_redo_show_what_changed(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    """Each kind of action is taken back and done again; what changed is selected, as the next key belongs to it."""
    served = serve_cts({"a": write_ct(tmp_path / "a.nii.gz")})
    page = open_page(served.address.url)
    page.click(FIRST)
    page.click(ABOVE)
    page.keys("1", "b", "x", "2", "m", "h", "Shift+H", "Delete")
    page.page.select_option("#first", "L2")
    page.drag(FIRST, [20, 28, 12])
    page.click([20, 28, 12], button="right")
    states = [marks(page)]
    while page.page.is_enabled("#undo"):
        page.keys("Control+z")
        assert "Undone" in page.status()
        states.append(marks(page))
    assert len(states) == 14
    assert states[-1] == []
    for state in reversed(states[:-1]):
        page.keys("Control+y")
        page.drawn()
        assert marks(page) == state
    page.keys("Control+z")
    assert page.page.locator("#marks [aria-current=true]").get_attribute("data-level") == "L2"
    page.saved()
    assert summary(served.rows()) == [("L2", None)]


def marks(page: Page) -> list[dict[str, object]]:
    page.drawn()
    found: list[dict[str, object]] = page.page.evaluate("annotate.current.marks.map(({seconds, ...rest}) => rest)")
    return found


def test_names_count_on_and_a_vertebra_can_be_inserted(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served = serve_cts({"a": write_ct(tmp_path / "a.nii.gz")})
    page = open_page(served.address.url)
    page.page.select_option("#first", "L1")
    for z in (30, 42, 18):
        page.click([20, 25, z])
    assert page.levels() == ["T12", "L1", "L2"]
    page.click([20, 5, 36])  # between T12 and L1 only T13 is free
    assert page.levels() == ["T12", "T13", "L1", "L2"]
    page.click([20, 5, 24])
    assert "No name is free" in page.status()
    page.click([20, 5, 36])
    page.keys("Shift+F")
    assert page.levels() == ["T12", "L1", "L2", "L3"]
    page.keys("Delete")
    page.saved()
    assert [row.vertebra for row in served.rows()] == ["T12", "L2", "L3"]


def test_the_second_of_two_pages_overwrites_nothing(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served = serve_cts({"a": write_ct(tmp_path / "a.nii.gz")})
    first, second = open_page(served.address.url), open_page(served.address.url)
    first.click(FIRST)
    first.keys("3")
    first.saved()
    second.click(ABOVE)
    second.saved()
    assert "changed in another window" in second.page.inner_text("#banner")
    assert summary(served.rows()) == [("L5", 3)]
    assert second.levels() == ["L5"]
    second.click(ABOVE)
    second.saved()
    assert summary(served.rows()) == [("L4", None), ("L5", 3)]


def test_a_ct_that_cannot_be_read_is_named_and_the_others_go_on(
    tmp_path: Path, serve_cts: Serve, open_page: OpenPage
) -> None:
    (tmp_path / "a.nii.gz").write_bytes(b"\x1f\x8b no image")
    served = serve_cts({"a": tmp_path / "a.nii.gz", "b": write_ct(tmp_path / "b.nii.gz")})
    page = open_page(served.address.url, ready=False)
    page.page.wait_for_selector("body[data-state=failed]")
    assert "a cannot be shown" in page.status()
    assert "cannot be read" in page.status()
    page.keys("Space", "0", "Enter")
    page.ready()
    page.click(FIRST)
    page.saved()
    assert [row.case_id for row in served.rows()] == ["b"]


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """The real command, and the address that it prints."""
    command = ["-m", "vf_nnunet", "annotate", "--images", str(folder), "-o", str(folder / "vertebrae.csv")]
    running = subprocess.Popen(
        [sys.executable, *command, "--no-browser", "--reader", "eva"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert running.stdout is not None
    return running, running.stdout.readline().strip()


@pytest.mark.slow
def test_a_killed_server_loses_nothing(tmp_path: Path, open_page: OpenPage) -> None:
    write_ct(tmp_path / "a.nii.gz")
    running, url = start(tmp_path)
    page = open_page(url)
    page.click(FIRST)
    page.saved()
    running.kill()
    running.wait()
    page.click(ABOVE)
    page.page.wait_for_selector("#banner:not([hidden])")
    page.keys("2", "w")
    assert "The server does not answer. 1 case is not saved yet" in page.page.inner_text("#banner")
    assert [row.vertebra for row in read_vertebra_table(tmp_path / "vertebrae.csv")] == ["L5"]
    running, again = start(tmp_path)
    assert again == url
    page.saved()
    page.page.wait_for_selector("#banner", state="hidden")
    rows = read_vertebra_table(tmp_path / "vertebrae.csv")
    assert [(row.vertebra, row.grade, row.shape) for row in rows] == [("L4", 2, "wedge"), ("L5", None, None)]
    running.send_signal(signal.SIGINT)
    assert running.wait() == 0
    assert not (tmp_path / ".vertebrae.csv.address").exists()
    assert all("ERR_CONNECTION_REFUSED" in message for message in page.messages)
    page.messages.clear()


def test_a_consensus_walks_through_the_differences(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    remarks = {"b": {"L1": "anna: L1 0; tom: L1 2 wedge"}}
    marks = {"a": [mark("L1", 30.0, grade=0)], "b": [mark("T12", 45.0, grade=1), mark("L1", 15.0)]}
    cts = {case: write_ct(tmp_path / f"{case}.nii.gz") for case in "ab"}
    served = serve_cts(cts, consensus=Consensus(marks, remarks))
    page = open_page(served.address.url)
    assert page.page.inner_text("#cases [aria-current=true]").startswith("b")
    assert "L1. anna: L1 0; tom: L1 2 wedge" in page.status()
    page.keys("2", "w", "g")
    assert "No vertebra is open" in page.status()
    page.saved()
    assert summary(served.rows()) == [("L1", 0), ("T12", 1), ("L1", 2)]
