"""find fractures in a CT or a folder of CTs: probability maps and one JSON of findings a case"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import MODEL_FOLDER, add_device, add_model, add_output, output_findings

if TYPE_CHECKING:
    from vf_nnunet.inference.model import Model
    from vf_nnunet.screening.operating_point import OperatingPoint

EXAMPLE = "vf_nnunet predict -i ct.nii.gz -o predictions -m ensemble.vf --overlay"
BACKENDS = ("openvino", "torch")
"""As `vf_nnunet.inference.backend` has them, which is too heavy to import for the help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "-i",
        dest="input",
        type=Path,
        required=True,
        metavar="CT",
        help="CT (NIfTI, NRRD, MHA), folder of DICOM slices, or folder of any of these",
    )
    add_output(parser, "folder for <case>_fracture.nii.gz, <case>_normal.nii.gz and <case>.json")
    add_model(parser, MODEL_FOLDER + ", or a .vf file")
    parser.add_argument("-f", dest="folds", nargs="+", default=None, metavar="K", help="folds (default: all trained)")
    add_device(parser)
    parser.add_argument("--backend", choices=BACKENDS, default=None, help="default: the fastest that is installed")
    parser.add_argument(
        "--memory",
        type=float,
        default=None,
        metavar="GB",
        help="for the prediction of a CT, or a GPU's for its tiles (default: half of the free, at most 3 on a CPU)",
    )
    parser.add_argument("--no-skip", dest="skip_air", action="store_false", help="compute tiles of air too")
    parser.add_argument("--overlay", action="store_true", help="also <case>_overlay.png: sagittal slices with the map")
    parser.add_argument(
        *("--continue", "--continue_prediction", "--c"),
        dest="resume",
        action="store_true",
        help="skip cases that are finished",
    )
    _add_operating_point(parser)


def _add_operating_point(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("operating point (default: the model file's, else 0.5 and 125 voxels)")
    group.add_argument("--evaluation", type=Path, default=None, metavar="DIR", help="take the points of an evaluation")
    group.add_argument("--operating-point", default=None, metavar="NAME", help="which of them (default: youden)")
    group.add_argument("--probability-threshold", type=float, default=None, metavar="P", help="of a finding's voxels")
    group.add_argument("--noise-threshold", type=int, default=None, metavar="N", help="least voxels of a finding")


def run(arguments: argparse.Namespace) -> None:
    """Predict each CT; a bad one is recorded and reported at the end, and the others go on."""
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.inference.open_model import open_model
    from vf_nnunet.screening.batch import screen_cases, unfinished
    from vf_nnunet.screening.case import ScreeningSettings
    from vf_nnunet.screening.sources import find_cases

    _check(arguments)
    cases = find_cases(arguments.input)
    model = open_model(arguments.model, arguments.folds)
    settings = ScreeningSettings(
        operating_point=_operating_point(arguments, model),
        memory_gb=arguments.memory,
        overlay=arguments.overlay,
        **({} if arguments.skip_air else {"air_below": None}),
    )
    if arguments.resume:
        cases = unfinished(cases, arguments.output)
    backend = open_backend(model.ensemble, arguments.backend, arguments.device)
    arguments.output.mkdir(parents=True, exist_ok=True)
    failures = screen_cases(cases, arguments.output, model, backend, settings)
    if failures:
        raise InputError("\n".join(reason for reasons in failures.values() for reason in reasons))


def _check(arguments: argparse.Namespace) -> None:

    findings = []
    if arguments.memory is not None and not arguments.memory > 0:
        findings.append(f"--memory {arguments.memory}: expected gigabytes above 0")
    findings += output_findings(arguments.output)
    if _lies_in(arguments.output, arguments.input):
        findings.append(
            f"-o {arguments.output}: lies in -i {arguments.input}, where its maps would be taken for CTs; wanted "
            "another folder"
        )
    if findings:
        raise InputError(findings)


def _lies_in(output: Path, source: Path) -> bool:
    """Also where it is the same folder."""
    return source.is_dir() and output.resolve().is_relative_to(source.resolve())


def _operating_point(arguments: argparse.Namespace, model: "Model") -> "OperatingPoint":
    from vf_nnunet.screening.operating_point import choose_operating_point, patient_points, read_summary

    points = model.card.operating_points
    if arguments.evaluation is not None:
        points = patient_points(read_summary(arguments.evaluation))
    return choose_operating_point(
        points, arguments.operating_point, arguments.probability_threshold, arguments.noise_threshold
    )
