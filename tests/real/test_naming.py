"""Names of real spines: the half of VID from which nothing was derived."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.naming.derive import derive_tables
from benchmarks.naming.measure import TYPICAL, name_detections, name_points
from benchmarks.naming.vid import COLONOGRAPHY, VERSE, Scan, read_scans
from evaluation.naming.level_tables import read_level_tables, read_table_file

TABLES = read_level_tables()


@pytest.fixture(scope="module")
def scans(shared_data: Path) -> list[Scan]:
    folder = shared_data / "vid"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent")
    return read_scans(folder)


def of_half(scans: list[Scan], source: str) -> list[Scan]:
    return [scan for scan in scans if scan.measures and scan.source == source]


def test_halves_share_no_patient(scans: list[Scan]) -> None:
    deriving = {scan.patient for scan in scans if scan.derives}
    measuring = {scan.patient for scan in scans if scan.measures}
    assert not deriving & measuring
    assert len(deriving) == read_table_file()["n"]["patients"]


def test_tables_are_those_of_the_derivation_half(scans: list[Scan]) -> None:
    derived = derive_tables(
        [scan for scan in scans if scan.derives], TABLES.degrees_of_freedom, TABLES.evidence_weight, 100.0
    )
    assert derived.spacing == pytest.approx(TABLES.spacing, abs=0.01)
    assert derived.tilt == pytest.approx(TABLES.tilt, abs=1e-3)
    assert derived.covariance == pytest.approx(TABLES.covariance, rel=1e-3, abs=1e-6)
    assert derived.last == pytest.approx(TABLES.last, abs=1e-4)


def test_regular_spines_of_verse(scans: list[Scan]) -> None:
    namings = [name_points(scan, TABLES, TYPICAL) for scan in of_half(scans, VERSE) if scan.is_regular]
    worst = np.array([max(named.error for named in naming) for naming in namings if naming])
    assert len(worst) == len(namings)
    assert np.mean(worst == 0) > 0.85
    assert np.mean(worst <= 1) > 0.97


def test_known_lowest_level_names_nearly_all(scans: list[Scan]) -> None:
    namings = [name_points(scan, TABLES, TYPICAL, "lowest") for scan in of_half(scans, VERSE)]
    right = [all(named.error == 0 for named in naming) for naming in namings if naming]
    assert np.mean(right) > 0.95


def test_named_vertebrae_of_a_detector_are_mostly_right(scans: list[Scan]) -> None:
    namings = [name_detections(scan, TABLES, TYPICAL) for scan in of_half(scans, COLONOGRAPHY)[:200]]
    named = [vertebra.error == 0 for naming in namings if naming for vertebra in naming if vertebra.is_named]
    assert len(named) > 500
    assert np.mean(named) > 0.95
