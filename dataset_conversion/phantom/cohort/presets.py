"""Two cohorts: whole body sections as a hospital scans them, and small crops of the same anatomy."""

from dataset_conversion.phantom.cohort.paper import LEVEL_ODDS, PAPER
from dataset_conversion.phantom.settings.acquisition import ANY, SHARP, SMOOTH, STANDARD, FieldSettings
from dataset_conversion.phantom.settings.cohort import CompositionSettings, PhantomSettings
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.settings.spine import ShapeSettings

BODY = PhantomSettings(composition=PAPER, field_of_view=FieldSettings(), scanners=(SHARP, STANDARD, SMOOTH))
"""Whole body sections, composed as the paper's cohort. Normal heights overlap with those of mild fractures."""

SPINE = PhantomSettings(
    composition=CompositionSettings(
        runs=(((), 5), ((1,), 8), ((1, 1), 2), ((2,), 3), ((2, 1), 1), ((3,), 1)),
        fields=(
            ("T8", "L1", 4),
            ("T9", "L2", 4),
            ("T10", "L3", 3),
            ("T11", "L3", 3),
            ("T12", "L4", 3),
            ("L1", "L5", 3),
        ),
        grades=(11, 8, 5),
        level_odds=LEVEL_ODDS,
    ),
    field_of_view=FieldSettings(crop=(104.0, 96.0)),
    scanners=(ANY,),
    shape=ShapeSettings(
        anterior_ratio=Normal(0.93, 0.08, 0.805, 1.10),
        middle_ratio=Normal(0.85, 0.06, 0.805, 0.97),
        osteophyte_chance=0.15,
        node_chance=0.05,
    ),
)
"""Crops of about 175 x 104 x 96 mm around five or six vertebrae, for demonstrations and tests.

No normal vertebra has lost a fifth of its height, and there are fewer confounders, so that a few minutes of training
suffice.
"""

FIELDS_OF_VIEW = {"body": BODY, "spine": SPINE}
"""The presets by field of view."""
