"""The three configurations of Table 1 of the paper, as arguments of `DualPathwayNet`.

The paper gives the layout (eight 3x3x3 convolutions in each pathway, two 1x1x1 layers, one classifier, 230,000
parameters) but not the feature maps. These tables reach 230,000 within 0.5% with multiples of eight, which matrix
units like: DeepMedic's own table times 0.6 (18,18,24,24,24,24,30,30 and 50,50; 229,693 parameters) takes 1.7 times as
long to train and 1.1 to 1.3 times to predict (docs/performance.md).

The paper writes kernels as (left-right, anterior-posterior, longitudinal); its 1x3x3 lies in the sagittal plane,
which is [3, 3, 1] in (z, y, x) of canonical images.
"""

from typing import Any

CONVOLUTIONS = 8
SUBSAMPLING = 3

CUBIC = [3, 3, 3]
SAGITTAL = [3, 3, 1]
FIVE_SAGITTAL_SLICES = [3, 3, 5]

ARCHITECTURES: dict[str, dict[str, Any]] = {
    "3d_fullres": {
        "widths": [16, 16, 16, 16, 24, 32, 32, 32],
        "kernel_sizes": [CUBIC] * CONVOLUTIONS,
        "hidden_widths": [96, 80],
        "subsampling_factor": [SUBSAMPLING, SUBSAMPLING, SUBSAMPLING],
    },
    "3d_5slices": {
        "widths": [32, 32, 32, 32, 48, 48, 48, 48],
        "kernel_sizes": [FIVE_SAGITTAL_SLICES, *[SAGITTAL] * (CONVOLUTIONS - 1)],
        "hidden_widths": [96, 80],
        "subsampling_factor": [SUBSAMPLING, SUBSAMPLING, 1],
    },
    "3d_1slice": {
        "widths": [32, 32, 32, 32, 48, 48, 48, 48],
        "kernel_sizes": [SAGITTAL] * CONVOLUTIONS,
        "hidden_widths": [96, 96],
        "subsampling_factor": [SUBSAMPLING, SUBSAMPLING, 1],
    },
}
