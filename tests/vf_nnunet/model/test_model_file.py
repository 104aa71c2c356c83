"""A model file is read back as it was written; a truncated or altered file is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import bright_probe, probed_model, tiny_model
from vf_nnunet.inference.weights import FoldWeights
from vf_nnunet.model import model_file
from vf_nnunet.model.model import Model
from vf_nnunet.model.model_file import FORMAT_VERSION, read_model_file, weights_digest, write_model_file


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file with two folds."""
    path = tmp_path_factory.mktemp("models") / "ensemble.vf"
    write_model_file(path, tiny_model())
    return path


def arrays(weights: FoldWeights) -> list[np.ndarray]:
    """All arrays of a fold, in order."""
    layers = (*weights.normal, *weights.subsampled, *weights.classifier)
    return [array for layer in layers for array in (layer.slope, layer.weight, layer.bias) if array is not None]


def test_round_trip(written: Path) -> None:
    model, found = tiny_model(), read_model_file(written)
    assert found.ensemble.folds == ("0", "1")
    assert found.ensemble.architecture == model.ensemble.architecture
    assert replace(found.card, weights_sha256="") == model.card
    for ours, theirs in zip(model.ensemble.weights, found.ensemble.weights, strict=True):
        assert [len(part) for part in (ours.normal, ours.subsampled, ours.classifier)] == [
            len(part) for part in (theirs.normal, theirs.subsampled, theirs.classifier)
        ]
        assert [layer.slope is None for layer in ours.normal] == [layer.slope is None for layer in theirs.normal]
        for array, read in zip(arrays(ours), arrays(theirs), strict=True):
            np.testing.assert_array_equal(array, read)
    assert found.normalisations.keys() == {"0", "1"}
    for fold, expected in model.normalisations.items():
        assert found.normalisations[fold].keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(found.normalisations[fold][name], values)


def test_a_file_of_an_earlier_version_has_no_normalisations(tmp_path: Path) -> None:
    write_model_file(tmp_path / "model.vf", replace(tiny_model(), normalisations={}))
    assert not [name for name in load_file(tmp_path / "model.vf") if "training" in name]
    assert read_model_file(tmp_path / "model.vf").normalisations == {}


def test_the_probes_travel(tmp_path: Path) -> None:
    model = probed_model()
    mixed = replace(model.ensemble, weights=(model.ensemble.weights[0], tiny_model().ensemble.weights[1]))
    write_model_file(tmp_path / "probed.vf", Model(model.card, mixed))
    first, second = (fold.probe for fold in read_model_file(tmp_path / "probed.vf").ensemble.weights)
    expected = bright_probe()
    assert second is None
    assert first is not None
    np.testing.assert_array_equal(first.weight, expected.weight)
    assert replace(first, weight=expected.weight) == expected


def test_a_file_without_probes_has_none(written: Path) -> None:
    assert read_model_file(written).ensemble.folds_without_probe == ("0", "1")
    assert not [name for name in load_file(written) if "probe" in name]


def test_the_digest_depends_on_names_shapes_and_values() -> None:
    weights = {"a": np.arange(6, dtype=np.float32), "b": np.ones(2, np.float32)}
    digest = weights_digest(weights)
    assert digest == weights_digest(dict(reversed(weights.items())))
    others = (
        {"c": weights["a"], "b": weights["b"]},
        {"a": weights["a"].reshape(2, 3), "b": weights["b"]},
        {"a": weights["a"] + 1, "b": weights["b"]},
        {"a": weights["a"]},
    )
    assert len({digest, *(weights_digest(other) for other in others)}) == 5


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_is_refused_in_one_line(written: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Half of the flips are in the header, which is small."""
    content = bytearray(written.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    place = data.draw(st.one_of(st.integers(0, header - 1), st.integers(0, len(content) - 1)))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    altered = tmp_path / "altered.vf"
    altered.write_bytes(content)
    with pytest.raises(InputError, match=r"altered\.vf: ") as error:
        read_model_file(altered)
    assert len(str(error.value).splitlines()) == 1


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.9999))
def test_a_truncated_file_is_refused(written: Path, tmp_path: Path, share: float) -> None:
    content = written.read_bytes()
    cut = tmp_path / "cut.vf"
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"cut\.vf: cannot be read \(.*\); expected a complete file"):
        read_model_file(cut)


def test_a_newer_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "newer.vf"
    monkeypatch.setattr(model_file, "FORMAT_VERSION", FORMAT_VERSION + 1)
    write_model_file(path, tiny_model())
    monkeypatch.undo()
    with pytest.raises(InputError, match="format version 2; expected 1 or older, so update vf_nnunet"):
        read_model_file(path)


def test_other_safetensors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.vf"
    save_file({"weight": np.ones(3)}, path, {"format": "pt"})
    with pytest.raises(InputError, match="not a model of vf_nnunet"):
        read_model_file(path)


def test_a_failed_write_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr(model_file, "save", full)
    with pytest.raises(OSError, match="disk full"):
        write_model_file(tmp_path / "model.vf", tiny_model())
    assert not list(tmp_path.iterdir())


def test_safetensors_reads_the_file(written: Path) -> None:
    """The format is a table of float32 arrays and one JSON object."""
    tensors = load_file(written)
    assert tensors["fold_1.normal.0.weight"].shape == (4, 1, 3, 3, 3)
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float32)}
    header = json.loads(written.read_bytes()[8 : 8 + int.from_bytes(written.read_bytes()[:8], "little")])
    assert json.loads(header["__metadata__"]["card"])["dataset"] == "Dataset001_Test"
