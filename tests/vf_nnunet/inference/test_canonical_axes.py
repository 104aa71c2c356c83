"""Images on any axes are brought to those of LPS and back."""

from itertools import permutations, product

import nibabel
import numpy as np
import pytest

from vf_nnunet.inference.canonical_axes import axes_of, to_network_axes, to_stored_axes

AXES = ["".join(order) for sides in product("LR", "PA", "IS") for order in permutations(sides)]


@pytest.mark.parametrize("axes", AXES)
def test_all_48_orders_and_directions(axes: str) -> None:
    image = np.random.default_rng(0).normal(size=(2, 4, 5, 6)).astype(np.float32)
    lps = nibabel.Nifti1Image(image[0].T, np.diag([-1.0, -1.0, 1.0, 1.0]))
    transform = nibabel.orientations.ornt_transform(
        nibabel.orientations.io_orientation(lps.affine), nibabel.orientations.axcodes2ornt(axes)
    )
    stored = lps.as_reoriented(transform)
    assert nibabel.aff2axcodes(stored.affine) == tuple(axes)
    found = axes_of({"nibabel_stuff": {"original_affine": stored.affine}})
    assert found is not None
    np.testing.assert_array_equal(to_network_axes(stored.get_fdata().T[None], found)[0], image[0])
    there = to_stored_axes(image, found)
    np.testing.assert_array_equal(there[0], stored.get_fdata().T)
    np.testing.assert_array_equal(to_network_axes(there, found), image)


@pytest.mark.parametrize("properties", [{}, {"spacing": [1, 1, 1]}, {"sitk_stuff": {}}])
def test_properties_without_an_affine(properties: dict[str, object]) -> None:
    assert axes_of(properties) is None
