"""Masks of vertebrae that another program wrote, whose bodies give the centroids.

A case has one label map in the numbers of VerSe, TotalSegmentator or SPINEPS, or a folder of single vertebrae such as
`vertebrae_L1.nii.gz`.

Assumes:
    Masks lie on the grid of their CT: checked. Numbers are those of the recognised program: checked by their order and
    the length of the spine, and by the bone at the centroids. Levels that are all shifted by one are not noticed.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import chain
from pathlib import Path

from dataset_conversion.label_maps.bodies import find_bodies
from dataset_conversion.label_maps.mask_files import holds_masks, mask_sources
from dataset_conversion.label_maps.numberings import NUMBERINGS
from dataset_conversion.label_maps.vertebra_masks import read_vertebra_masks
from dataset_conversion.readers.interface import AnnotationFormat, Annotations
from dataset_conversion.spine.case_names import patient_of
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra


def read(path: Path, images: Mapping[str, ImageHeader], numbering: str | None = None) -> Annotations:
    """Read the masks of all cases that have an image. Vertebrae that the image cuts off are left out.

    Args:
        path: A label map or a folder; see `mask_files.mask_sources`.
        images: Header of each image by case id.
        numbering: Name of the numbering of label maps, or None to recognise it.

    Raises:
        InputError: If masks cannot be read or lie on another grid than their CT; the problems of all cases at once.
    """
    sources = mask_sources(path)
    found: list[Annotations] = []
    problems: list[str] = []
    for case_id in sorted(sources.keys() & images.keys()):
        try:
            found.append(_read_case(case_id, sources[case_id], images[case_id], numbering))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return Annotations(
        cases=frozenset(sources),
        vertebrae=tuple(chain.from_iterable(case.vertebrae for case in found)),
        left_out_by_case=_joined(case.left_out_by_case for case in found),
        left_out_levels=frozenset(chain.from_iterable(case.left_out_levels for case in found)),
        warnings_by_case=_joined(case.warnings_by_case for case in found),
        points=sum(case.points for case in found),
    )


def _joined(parts: Iterable[Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """Sentences by case id, of the cases in all parts."""
    return {case_id: sentences for part in parts for case_id, sentences in part.items()}


def _read_case(case_id: str, source: Path, image: ImageHeader, numbering: str | None) -> Annotations:
    masks = read_vertebra_masks(source, numbering)
    masks.check_grid(image.path, image.shape, image.affine)
    bodies = find_bodies(masks)
    patient_id = patient_of(case_id)
    return Annotations(
        cases=frozenset({case_id}),
        vertebrae=tuple(Vertebra(case_id, patient_id, level, *centre) for level, centre in bodies.centres.items()),
        left_out_by_case={case_id: tuple(f"{source}: {level} {reason}" for level, reason in bodies.left_out.items())},
        left_out_levels=frozenset((case_id, level) for level in bodies.left_out),
        warnings_by_case={case_id: masks.warnings},
        points=len(masks.levels),
    )


def _matches_by_name(path: Path) -> bool:
    """Never: the numbering of masks is recognised within the format `vertebra-masks`."""
    return False


FORMATS = (
    AnnotationFormat("vertebra-masks", holds_masks, read, is_fallback=True, on_voxels=True),
    *(AnnotationFormat(name, _matches_by_name, partial(read, numbering=name), on_voxels=True) for name in NUMBERINGS),
)
