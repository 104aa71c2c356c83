"""Written DICOM objects, and none without highdicom."""

import pytest

pytest.importorskip("highdicom", reason="highdicom is not installed")

from tests.vf_nnunet.dicom_results.cases import Case, make_case


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A case in an oblique series, with its objects written."""
    case = make_case(tmp_path_factory.mktemp("oblique"), "oblique")
    case.write()
    return case
