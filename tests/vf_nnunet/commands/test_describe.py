"""The command `describe` prints the network as text and as JSON."""

import json

import pytest

from vf_nnunet.cli import main
from vf_nnunet.nnunet.names import CONFIGURATIONS


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_text_and_json_agree(configuration: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "-c", configuration, "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert main(["describe", "-c", configuration]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{configuration}: dual pathway")
    assert f"{described['parameters']:,}" in text
    assert f"{described['macs_per_voxel']:,}" in text
    assert "x".join(map(str, described["receptive_field"]["subsampled"])) + " subsampled" in text
    assert sum(" -> " in line for line in text.splitlines()) == len(described["layers"])


def test_an_unknown_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "-c", "2d"]) == 2
    assert "configuration 2d: unknown; expected one of 3d_fullres, 3d_5slices, 3d_1slice" in capsys.readouterr().err
