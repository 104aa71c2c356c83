"""Which CTs are to be predicted, and how one is read."""

from pathlib import Path

from dataset_conversion.pairing import WANTED_IMAGES, case_id_of, find_images
from dataset_conversion.volume import Volume, check_hounsfield, read_volume, to_canonical
from vf_nnunet.errors import PluginError


def find_cases(path: Path) -> dict[str, Path]:
    """CTs by case id, sorted: one file, one folder of DICOM slices, or a folder of any of these.

    Raises:
        PluginError: If there is nothing at `path`, or a file that is no CT.
        ConversionError: All findings in a folder: no image, two of one case, names that are not safe in paths.
    """
    if path.is_dir():
        return dict(sorted(find_images(path).items()))
    if not path.is_file():
        raise PluginError(f"{path}: no such file or folder; -i wants a CT or a folder of CTs")
    case = case_id_of(path)
    if case is None:
        raise PluginError(f"{path}: not a CT image; wanted {WANTED_IMAGES}")
    return {case: path}


def read_ct(path: Path) -> tuple[Volume, tuple[str, ...]]:
    """The CT on canonical LPS axes, and what a person should know about it, a sentence each.

    Raises:
        ConversionError: If it cannot be read whole.
    """
    volume = to_canonical(read_volume(path))
    return volume, (*volume.warnings, *(f"{path}: {doubt}" for doubt in check_hounsfield(volume)))
