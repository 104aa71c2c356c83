import json
from dataclasses import replace

import numpy as np
import pytest

from evaluation.analysis.naming_summary import naming_notes
from evaluation.analysis.own_centres_summary import own_centres_notes, summarise_own_centres
from evaluation.analysis.secondary import describe_froc
from evaluation.statistics.ratios import Ratio
from tests.evaluation.analysis.test_own_centres import SETTINGS, cohort, located, run

CASES = cohort()[0]


def test_every_number_is_named() -> None:
    own = run([located(0, left_out=("L1",)), *map(located, range(1, 4))])
    summary = summarise_own_centres(own, CASES, SETTINGS)
    assert summary is not None
    written = json.loads(json.dumps(summary))
    assert {**written, "naming": None} == {**summary, "naming": None} | {
        name: summary[name] and {**summary[name], "ci95": list(summary[name]["ci95"])}
        for name in (
            *("detection_rate", "near_rate", "mean_error_mm", "recall_per_scan", "precision_per_scan"),
            *("precision_in_span_per_scan", "false_in_span", "identification_rate"),
        )
    }
    assert (summary["annotated"], summary["located"], summary["missed"]) == (12, 11, 1)
    assert summary["scored_zero"] == {"fractured": 1, "others": 0}
    assert (summary["radius_mm"], summary["near_radius_mm"]) == (20, 10)
    assert summary["identification_rate"] == summary["naming"]["identification_rate"]
    assert summary["detection_rate"]["estimate"] == pytest.approx(11 / 12)
    assert summary["mean_error_mm"]["estimate"] == pytest.approx(1)
    assert summary["auc"] == own.auc
    assert own.bootstrap is not None
    assert summary["auc_bootstrap"] == {"mean": own.bootstrap.mean, "sd": own.bootstrap.sd, "ci95": None}
    assert summary["auc_annotated"] == own.annotated_auc == summary["difference_from_annotated"]["second"]
    assert own.froc is not None
    assert summary["froc"] == describe_froc(own.froc)
    assert summary["inserted"] == {"total": 0, "at_vertebra": 0}
    assert summary["localisation"]["smoothing"] == 5


def test_without_located_vertebrae_there_is_nothing_and_a_reason() -> None:
    assert summarise_own_centres(None, CASES, SETTINGS) is None
    (note,) = own_centres_notes(None, CASES, ["case0", "case3"])
    assert note == (
        "There are no results with vertebrae located in the maps: 2 of 4 cases have no map of normal vertebrae, "
        "<case>_normal.nii.gz, beside that of fractures (case0, case3)."
    )


def test_cases_without_a_located_vertebra_are_named() -> None:
    own = run([located(0, left_out=("T12", "L1", "L2")), *map(located, range(1, 4))])
    assert own_centres_notes(own, CASES, []) == [
        "No vertebra was located in 1 of 4 cases (case0).",
        *naming_notes(own.names, CASES),
    ]


def test_missing_intervals_are_named() -> None:
    own = run([located(number) for number in range(4)])
    of_names = naming_notes(own.names, CASES)
    assert own_centres_notes(own, CASES, []) == of_names
    lone = Ratio(1.0, None, 1.0, 1)
    note, *others = own_centres_notes(replace(own, metrics=replace(own.metrics, error=lone, false=lone)), CASES, [])
    assert others == of_names
    assert note == (
        "There are no intervals of the localisation's mean localisation error, share of false vertebrae: fewer than 2 "
        "patients have a value."
    )


def test_one_class_only() -> None:
    own = replace(run([located(number) for number in range(4)]), to_annotated=None, to_noised=None, froc=None)
    summary = summarise_own_centres(replace(own, froc_in_span=None, bootstrap=None), CASES, SETTINGS)
    assert summary is not None
    assert [summary[name] for name in ("difference_from_annotated", "difference_from_noised", "froc")] == [None] * 3
    assert summary["auc_bootstrap"] == {"mean": None, "sd": None, "ci95": None}
    assert np.isfinite(summary["detection_rate"]["ci95"]).all()
