import json
import re

import numpy as np
import pytest

from dataset_conversion.spine.anatomy import expected_spacing
from evaluation.naming.level_tables import NAMED_LEVELS, TABLE_LEVELS, LevelTables, read_level_tables, read_table_file
from evaluation.naming.settings import NamingSettings

TABLES = read_level_tables()


def test_file_names_source_licence_split_and_size() -> None:
    content = read_table_file()
    assert "VID" in content["source"]
    assert content["licence"] == "CC BY-SA 4.0"
    assert "SHA-256" in content["split"]
    assert content["n"]["scans"] == sum(content["n"]["scans_by_source"].values())
    assert content["tables"]["levels"] == list(TABLE_LEVELS)
    assert not re.search(r"/(home|work|tmp)/", json.dumps(content))


def test_threshold_is_the_one_that_was_chosen() -> None:
    assert NamingSettings().name_threshold == read_table_file()["name_threshold"]


def test_spacings_agree_with_verse() -> None:
    """`anatomy` has the means of 166 VerSe scans, by other authors."""
    for number, upper in enumerate(TABLE_LEVELS[:-1]):
        lower = TABLE_LEVELS[number + 1]
        if upper[0] != "C" and lower != "L6":
            assert TABLES.spacing[number] == pytest.approx(expected_spacing(upper, lower), rel=0.13)


def test_curve_is_kyphotic_above_and_lordotic_below() -> None:
    tilt = dict(zip(TABLE_LEVELS, TABLES.tilt, strict=False))
    assert tilt["T2"] > tilt["T6"] > tilt["T10"]
    assert tilt["L1"] < tilt["L3"] < tilt["L4"]


def test_shares_of_first_and_last_levels() -> None:
    for shares in (TABLES.first, TABLES.last):
        assert set(shares) == set(NAMED_LEVELS)
        assert sum(share for level, share in shares.items() if level != "T13") == pytest.approx(1, abs=1e-3)
        assert min(shares.values()) > 0
    assert max(TABLES.last, key=lambda level: TABLES.last[level]) == "L5"


def test_tables_survive_json() -> None:
    again = LevelTables.from_json(json.loads(json.dumps(TABLES.to_json())))
    assert np.array_equal(again.covariance, TABLES.covariance)
    assert np.array_equal(again.covariance, again.covariance.T)
    assert again.spacing.tolist() == TABLES.spacing.tolist()
    assert again.tilt == pytest.approx(TABLES.tilt)
