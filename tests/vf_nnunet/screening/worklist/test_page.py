"""The page as text: what stands in it whatever the browser does."""

import json
from pathlib import Path

from tests.vf_nnunet.models import tiny_model
from tests.vf_nnunet.screening.worklist.results import result, write_result
from vf_nnunet.model.card import INTENDED_USE
from vf_nnunet.screening.worklist.growing_page import GrowingPage
from vf_nnunet.screening.worklist.model_card import carry_card, write_card
from vf_nnunet.screening.worklist.page import page_problems


def page_of(output: Path) -> str:
    with GrowingPage(output):
        pass
    return (output / "index.html").read_text(encoding="utf-8")


def test_it_replaces_itself_and_nothing_else(tmp_path: Path) -> None:
    assert page_problems(tmp_path) == []
    write_result(tmp_path, "a", [0.9])
    page_of(tmp_path)
    assert page_problems(tmp_path) == []
    path = tmp_path / "index.html"
    path.write_text("<title>my pictures</title>", encoding="utf-8")
    (problem,) = page_problems(tmp_path)
    assert problem == f"{path}: not a worklist of vf_nnunet and would be replaced; expected another output folder"


def test_names_of_folders_and_files_are_text(tmp_path: Path) -> None:
    output = tmp_path / "<b>&amp;<script>alert(1)<!--"
    write_result(output, "</script><img src=x onerror=alert(1)>".replace("/", "_"), [0.9])
    (output / "passed_over.json").write_text(json.dumps({"x/<i>.txt": "<u>"}), encoding="utf-8")
    text = page_of(output)
    for markup in ("<b>", "<i>", "<u>", "<img", "alert(1)<"):
        assert markup not in text
    assert text.count("<script") == text.count("</script>") == 4


def test_it_may_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    write_result(tmp_path, "a", [0.9])
    text = page_of(tmp_path)
    assert "default-src 'self' file: 'unsafe-inline' 'unsafe-eval' data: blob:" in text
    assert "http:" not in text
    assert "https:" not in text
    assert "not a medical device" in text


def test_results_that_were_made_otherwise_are_said_to_be(tmp_path: Path) -> None:
    for case in "ab":
        write_result(tmp_path, case, [0.9])
    assert "not all made in the same way" not in page_of(tmp_path)
    other = result("c", [0.9])["operating_point"] | {"probability_threshold": 0.3, "source": "command line"}
    write_result(tmp_path, "c", [0.9], operating_point=other)
    text = page_of(tmp_path)
    assert "not all made in the same way" in text
    assert "2 cases: Maps of the model of Dataset001_Test; a case is positive with 125 voxels" in text
    assert "1 cases: " in text
    assert "at probability 0.3 or more (command line)" in text


def test_the_card_is_shown_where_it_is_that_of_the_results(tmp_path: Path) -> None:
    card = tiny_model().card
    identity = {"name": card.name, "dataset": card.dataset, "folds": list(card.folds)}
    write_result(tmp_path / "maps", "a", [0.9], model=identity)
    write_card(tmp_path / "maps", card)
    assert INTENDED_USE in page_of(tmp_path / "maps")
    write_result(tmp_path / "findings", "a", [0.9], model=identity)
    carry_card(tmp_path / "maps", tmp_path / "findings")
    assert INTENDED_USE in page_of(tmp_path / "findings")
    write_result(tmp_path / "findings", "b", [0.9], model={**identity, "folds": ["7"]})
    assert INTENDED_USE not in page_of(tmp_path / "findings")
