import json
from dataclasses import replace

from evaluation.analysis.naming import CaseNames
from evaluation.analysis.naming_summary import naming_notes, summarise_names
from evaluation.statistics.ratios import Ratio
from tests.evaluation.analysis.test_naming import named, spine

LONG = [spine(number, "T1", "L5") for number in range(2)]
SHORT = [spine(number, "T10", "L2") for number in range(2)]


def test_every_number_is_in_the_summary() -> None:
    summary = json.loads(json.dumps(summarise_names(named(*LONG, spine(2, "T10", "L2")))))
    assert (summary["identification_rate"]["total"], summary["identification_rate"]["count"]) == (34, 39)
    assert (summary["named"]["total"], summary["named"]["count"]) == (34, 39)
    assert summary["right_among_named"]["estimate"] == 1
    assert (summary["cases"], summary["unnamed_cases"]) == (3, 1)
    assert summary["lowest_level"]["given"]["identification_rate"]["estimate"] == 1
    assert summary["lowest_level"]["not_given"]["identification_rate"]["total"] == 34
    assert summary["settings"]["name_threshold"] == 0.9


def test_without_a_known_lowest_level() -> None:
    assert summarise_names(replace(named(*LONG), lowest=None))["lowest_level"] is None


def test_nothing_is_missing_for_long_spines() -> None:
    assert naming_notes(named(*LONG), [case for case, _ in LONG]) == []


def test_crops_without_any_name_are_noted() -> None:
    (note,) = naming_notes(named(*SHORT), [case for case, _ in SHORT])
    assert note == (
        "There is no share of right names: none of the 10 vertebrae found has a name, because other levels are too "
        "probable as well. They count as not identified."
    )


def test_chains_without_names_the_sacrum_and_lacking_intervals_are_noted() -> None:
    own, (first, second) = named(*LONG), [case for case, _ in LONG]
    sacral = replace(first, vertebrae=(*first.vertebrae[:-1], replace(first.vertebrae[-1], vertebra="S1")))
    lone = replace(own.metrics, right=Ratio(1.0, None, 1.0, 1))
    changed = replace(own, cases=(own.cases[0], CaseNames((None,) * 17, "too many")), metrics=lone)
    assert naming_notes(changed, [sacral, second]) == [
        "The vertebrae located in case1 cannot be named and count as not identified (too many).",
        "The sacrum is never named. 1 annotated vertebrae cannot be identified: case0 S1.",
        "There are no intervals of the names' right among named: fewer than 2 patients have a value.",
    ]
