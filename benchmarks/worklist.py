"""Measure the worklist of many cases: the size of the page, the time to write it while a batch grows, and to open it.

python -m benchmarks.worklist [--cases 1000] [--output DIR]

The cases are synthetic: 24 vertebrae each, and thumbnails of the largest size that is allowed. Their volumes are left
out, because the page does not depend on them. Seconds of writing are those of the processor.
Needs playwright and Chromium for the time to open.
"""

import argparse
import shutil
import sys
import tempfile
import time
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.levels import LEVELS
from vf_nnunet.screening.worklist.case_files import CaseFiles
from vf_nnunet.screening.worklist.growing_page import GrowingPage
from vf_nnunet.screening.worklist.page import PAGE, Progress
from vf_nnunet.screening.worklist.settings import THUMBNAIL

VERTEBRAE = 24
SHOWN = ".case .vertebra"


def synthetic_result(case: str, generator: np.random.Generator) -> dict[str, Any]:
    """The content of `<case>.json`; all values are drawn at random."""
    scores = generator.beta(0.5, 3.0, VERTEBRAE)
    levels = LEVELS[-VERTEBRAE:]
    vertebrae = [
        {
            "level": level,
            "level_probability": 0.912,
            "position": "third from below",
            "centre_lps_mm": [float(x) for x in generator.uniform(-300, 300, 3).round(1)],
            "score": round(float(score), 5),
            "fracture_probability": round(float(score), 4),
            "positive": bool(score > 0.5),
            "grade_probabilities": {"normal": 0.7, "mild": 0.1, "moderate": 0.1, "severe": 0.1},
            "heights_mm": None,
            "height_loss": None,
            "trabecular_hu": 120,
            "not_evaluable": None,
            "warnings": ["the core is denser than trabecular bone: cement, sclerosis or an endplate"][
                : int(score > 0.8)
            ],
        }
        for level, score in zip(levels, scores, strict=True)
    ]
    findings = [
        {"centre_lps_mm": one["centre_lps_mm"], "volume_mm3": 812.0, "peak_probability": 0.91}
        for one in vertebrae
        if one["positive"]
    ]
    point = {"probability_threshold": 0.5, "noise_threshold_voxels": 125, "source": "default"}
    return {
        "case_id": case,
        "image": f"{case}.nii.gz",
        "score": float(scores.max()),
        "positive": bool(findings),
        "findings": findings,
        "operating_point": point,
        "vertebrae": vertebrae,
        "vertebra_level": {"operating_point": point, "calibration": {}},
        "warnings": [f"{case}.nii.gz: 13195 voxels (0.95 %) below -1024 HU, down to -1291, set to -1024 HU (air)"],
        "model": {"name": "trainer__plans__3d_fullres", "dataset": "Dataset001", "folds": ["0"]},
    }


def write_synthetic_case(output: Path, number: int) -> str:
    """Write the result and the thumbnail of a case, and return its name."""
    case = f"case_{number:04d}"
    write_json(output / f"{case}.json", synthetic_result(case, np.random.default_rng(number)))
    CaseFiles(output, case).write_thumbnail(largest_thumbnail(number % 16))
    return case


@lru_cache
def largest_thumbnail(seed: int) -> bytes:
    """A picture of noise that is as large as a thumbnail may be; what follows a JPEG's end is ignored."""
    from PIL import Image

    noise = np.random.default_rng(seed).integers(0, 255, (THUMBNAIL.height // 4, THUMBNAIL.width // 4, 3))
    buffer = BytesIO()
    image = Image.fromarray(noise.astype(np.uint8)).resize((THUMBNAIL.width, THUMBNAIL.height))
    image.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()[: THUMBNAIL.largest_bytes].ljust(THUMBNAIL.largest_bytes, b"\0")


class TimedPage(GrowingPage):
    """A page that knows how long its writes took.

    Args:
        output: Folder of the results.
        cases: Number of cases.
        writes_always: Whether it is written after every case.
    """

    def __init__(self, output: Path, cases: int, writes_always: bool) -> None:
        super().__init__(output, Progress(0, cases))
        self.writes_always = writes_always
        self.seconds: list[float] = []

    def _write(self) -> None:
        started = time.process_time()
        super()._write()
        self.seconds.append(time.process_time() - started)
        if self.writes_always:
            self._next_write = 0.0


def grow(output: Path, cases: int, writes_always: bool) -> tuple[int, float]:
    """The number of writes of the page and the processor seconds they took, for a batch that does nothing else."""
    with TimedPage(output, cases, writes_always) as page:
        for number in range(cases):
            page.finished(write_synthetic_case(output, number))
    return len(page.seconds), sum(page.seconds)


def seconds_to_open(path: Path) -> float:
    """From the request of the page to the first vertebrae that are shown, the fastest of three."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    measured = []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(3):
            page = browser.new_page()
            started = time.perf_counter()
            page.goto(path.as_uri())
            page.wait_for_selector(SHOWN)
            measured.append(time.perf_counter() - started)
            page.close()
        browser.close()
    return min(measured)


def main() -> None:
    """Print one line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--output", type=Path, default=None, help="keep the page here (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for name, always in (("every case", True), ("2% of the time", False)):
            output = (arguments.output or Path(temporary)) / name.split()[0]
            output.mkdir(parents=True, exist_ok=True)
            writes, seconds = grow(output, arguments.cases, always)
            sys.stdout.write(f"written after {name}: {writes} writes, {seconds:.1f} s\n")
        path = output / PAGE
        sys.stdout.write(f"{path.name} of {arguments.cases} cases: {path.stat().st_size / 1e6:.1f} MB\n")
        started = time.process_time()
        with GrowingPage(output):
            pass
        sys.stdout.write(f"made anew in {time.process_time() - started:.1f} s\n")
        sys.stdout.write(f"opens in {seconds_to_open(path):.2f} s\n")


if __name__ == "__main__":
    main()
