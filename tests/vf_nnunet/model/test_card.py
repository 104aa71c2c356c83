"""A card is read back as it was written, and problems with it are named."""

import json
from dataclasses import replace

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.model.card import Card


def test_round_trip() -> None:
    card = replace(tiny_model().card, training_cohort={"cases": 3}, operating_points={"youden": {"noise_threshold": 8}})
    assert Card.from_json(card.to_json(), "file.vf") == card


def test_the_same_card_is_the_same_text() -> None:
    card = tiny_model().card
    assert replace(card, labels=dict(reversed(card.labels.items()))).to_json() == card.to_json()


def test_missing_and_unknown_fields_are_named() -> None:
    content = json.loads(tiny_model().card.to_json())
    del content["labels"]
    content["smell"] = "sweet"
    with pytest.raises(InputError, match=r"file\.vf: its card lacks \['labels'\] and has \['smell'\]"):
        Card.from_json(json.dumps(content), "file.vf")


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON"), ("[1]", "is a list; expected an object")])
def test_a_text_that_is_not_a_card(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Card.from_json(text, "file.vf")


def test_all_that_prediction_does_not_support_is_named() -> None:
    card = replace(tiny_model().card, labels={"background": 0}, channel_names={"0": "CT", "1": "PET"})
    with pytest.raises(InputError) as error:
        card.check("file.vf")
    assert str(error.value).splitlines() == [
        "file.vf: 2 image channels; expected one, the CT",
        "file.vf: labels {'background': 0}, missing fracture, normal",
    ]


def test_the_lowest_fracture_grade_is_kept_where_it_matters() -> None:
    labels = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}
    card = replace(tiny_model().card, labels=labels, fracture_grade=2)
    assert Card.from_json(card.to_json(), "file.vf") == card
    assert card.classes.fracture == (3, 4)
    assert "fracture_grade" not in replace(card, fracture_grade=1).to_json()
    assert Card.from_json(replace(card, fracture_grade=1).to_json(), "file.vf").fracture_grade == 1
    with pytest.raises(InputError, match=r"file\.vf: fracture_grade 4; expected 1, 2 or 3"):
        Card.from_json(replace(card, fracture_grade=4).to_json(), "file.vf")


def test_the_caution_and_the_making_are_kept_where_there_are_any() -> None:
    card = replace(tiny_model().card, caution="Trained on phantoms only.", making={"seed": 1})
    assert Card.from_json(card.to_json(), "file.vf") == card
    assert not {"caution", "making"} & json.loads(tiny_model().card.to_json()).keys()


def test_another_preprocessing_is_refused() -> None:
    card = tiny_model().card
    with pytest.raises(InputError, match="preprocessor_name is 'Mine'"):
        replace(card, preprocessing={**card.preprocessing, "preprocessor_name": "Mine"}).check("file.vf")
