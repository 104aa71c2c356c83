"""The numbers of the measurements around a vertebral body."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.spine.settings import settings

Millimetres = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


@settings
class EvaluabilitySettings:
    """When nothing is said about a vertebra.

    Attributes:
        thickest_slice: Largest distance in mm between voxels of the CT along any axis. Thicker slices hide a mild
            fracture: in the thoracic spine it takes 3 to 5 mm of a body's height.
        whole_share: A vertebra is cut by the image if this share of its body, from the centre outwards, leaves the
            image. It is less than 1, because bodies differ in size.
        metal: HU above which a voxel is metal. Cortical bone, cement and contrast medium have less; many scanners end
            at 3071.
        metal_distance: Metal is looked for in a cube of twice this side in mm, which contains the pedicle screws of
            the vertebra and the ends of its neighbours'.
        least_metal: Least volume of metal in mm3. A calcification can have a bright voxel.
        air: HU below which a voxel is air or padding. A core of air lies outside the scanner's circle.
    """

    thickest_slice: Millimetres = 3.0
    whole_share: Share = 0.8
    metal: Annotated[float, Field(gt=1500)] = 2500.0
    metal_distance: Millimetres = 25.0
    least_metal: Annotated[float, Field(ge=0)] = 20.0
    air: float = -300.0


@settings
class DensitySettings:
    """How trabecular bone and contrast medium are measured.

    The median of the core is the opportunistic density that TotalSegmentator's spine report compares with 90.25 HU (in
    its vertebra masks less 4 mm), to which it adds 14.75 HU in the portal-venous and 20 HU in the arterial phase.

    Attributes:
        radius: Radius in mm of the cylinder at the centre of the body. The smallest bodies, C3 to T1, are 15 to 18 mm
            deep.
        height: Height of the cylinder in mm, along the spine. The lowest bodies, C5 to C7, are 11 to 13 mm high, and a
            severe fracture leaves 60% of a body.
        step: Distance between the cylinder's samples in mm.
        dense: Median in HU above which cement, sclerosis or an endplate fills the cylinder.
        vessels: Where vessels are looked for, from the centre of the body, in mm: to either side, from the nearest to
            the farthest distance in front, and to either end.
        block: Side in mm of the cubes whose mean and spread are looked at.
        enhanced: Lowest and highest mean in HU of a cube with contrast medium. Blood without it has 30 to 65 HU, and
            90 HU at most.
        even: Largest standard deviation in HU of such a cube. The edge of a calcification or a rib has more.
        least_enhanced: Least volume of such cubes in mm3, the median over the vertebrae. An aorta of 18 mm has 4 cm3.
    """

    radius: Millimetres = 6.0
    height: Millimetres = 8.0
    step: Millimetres = 1.0
    dense: Annotated[float, Field(gt=0)] = 450.0
    vessels: tuple[Millimetres, tuple[Millimetres, Millimetres], Millimetres] = (35.0, (20.0, 55.0), 8.0)
    block: Millimetres = 5.0
    enhanced: tuple[float, float] = (105.0, 600.0)
    even: Millimetres = 60.0
    least_enhanced: Annotated[float, Field(ge=0)] = 800.0


EVALUABILITY = EvaluabilitySettings()
DENSITY = DensitySettings()
