"""Plans that are not the plugin's."""

from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import plans_of
from vf_nnunet.nnunet.plans_check import check_plans


def test_its_own_plans_pass() -> None:
    check_plans(plans_of(), "3d_fullres")


def test_another_planners_plans() -> None:
    plans = plans_of()
    plans["plans_name"], plans["experiment_planner_used"] = "nnUNetPlans", "ExperimentPlanner"
    plans["configurations"]["3d_fullres"]["architecture"]["network_class_name"] = "PlainConvUNet"
    with pytest.raises(InputError, match="plans nnUNetPlans: made by ExperimentPlanner for the network PlainConvUNet"):
        check_plans(plans, "3d_fullres")


@pytest.mark.parametrize("plans", [{}, {"configurations": {"2d": {}}}])
def test_an_unknown_configuration(plans: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"no configuration 3d_fullres; found (none|2d)"):
        check_plans(plans, "3d_fullres")
