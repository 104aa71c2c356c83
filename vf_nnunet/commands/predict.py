"""find fractures in a CT or a folder of CTs: probability maps and one JSON of findings a case"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vf_nnunet.commands.options import add_device, add_model, add_output, chosen_device

if TYPE_CHECKING:
    from vf_nnunet.model_folder import TrainedModel

EXAMPLE = "vf_nnunet predict -i ct.nii.gz -o predictions -m MODEL"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "-i",
        dest="input",
        type=Path,
        required=True,
        metavar="CT",
        help="CT file, DICOM folder, or folder of CTs",
    )
    add_output(parser, "folder for <case>_fracture.nii.gz, <case>_normal.nii.gz and <case>.json")
    add_model(parser)
    parser.add_argument("-f", dest="folds", nargs="+", default=None, metavar="K", help="folds (default: all trained)")
    add_device(parser)
    parser.add_argument("--probability-threshold", type=float, default=0.5, help="of a finding's voxels (default: 0.5)")
    parser.add_argument("--continue", dest="resume", action="store_true", help="skip cases that are finished")


def run(arguments: argparse.Namespace) -> None:
    """Predict each CT; a bad one is reported at the end and the others go on."""
    from dataset_conversion.errors import ConversionError
    from dataset_conversion.pairing import find_images
    from vf_nnunet.errors import PluginError

    if not 0 < arguments.probability_threshold < 1:
        raise PluginError(f"--probability-threshold {arguments.probability_threshold}: expected between 0 and 1")
    cases = find_images(arguments.input) if arguments.input.is_dir() else _single_case(arguments.input)

    import torch

    from vf_nnunet.model_folder import load_model

    model = load_model(arguments.model, torch.device(chosen_device(arguments.device)), arguments.folds)
    arguments.output.mkdir(parents=True, exist_ok=True)
    findings: list[str] = []
    for number, (case, path) in enumerate(sorted(cases.items()), start=1):
        if arguments.resume and (arguments.output / f"{case}.json").is_file():
            continue
        sys.stderr.write(f"{case} ({number} of {len(cases)})\n")
        try:
            predict_case(model, case, path, arguments.output, arguments.probability_threshold)
        except ConversionError as error:
            findings.extend(error.findings)
    if findings:
        raise PluginError("\n".join(findings))


def _single_case(path: Path) -> dict[str, Path]:
    from dataset_conversion.pairing import WANTED_IMAGES, case_id_of
    from vf_nnunet.errors import PluginError

    if not path.is_file():
        raise PluginError(f"{path}: no such file or folder; -i wants a CT or a folder of CTs")
    case = case_id_of(path)
    if case is None:
        raise PluginError(f"{path}: not a CT image; wanted {WANTED_IMAGES}")
    return {case: path}


def predict_case(model: "TrainedModel", case: str, ct: Path, output: Path, probability_threshold: float) -> None:
    """Write the maps and the findings of one CT; the JSON is written last and marks the case as finished."""
    from dataset_conversion.volume import read_volume, to_canonical
    from vf_nnunet.prediction import predict_probabilities, preprocess
    from vf_nnunet.validation import write_probability_maps

    volume = to_canonical(read_volume(ct))
    image, properties = preprocess(model, volume.array, volume.affine)
    probabilities = predict_probabilities(model, image, progress=True)
    write_probability_maps(output, case, probabilities, model.dataset_json, properties)
    result = {"case_id": case, "image": ct.name, **_result(output, case, probability_threshold)}
    result["model"] = {"name": model.folder.name, "dataset": model.folder.parent.name, "folds": list(model.folds)}
    unfinished = output / f".{case}.json"
    unfinished.write_text(json.dumps(result, indent=2) + "\n")
    os.replace(unfinished, output / f"{case}.json")


def _result(output: Path, case: str, probability_threshold: float) -> dict[str, Any]:
    from evaluation.patient_level import find_components, patient_scores
    from evaluation.probability_map import read_probability_map
    from evaluation.settings import EvaluationSettings
    from vf_nnunet.cli import DISCLAIMER

    settings = EvaluationSettings()
    noise_threshold = settings.reference_noise_threshold
    probability_map = read_probability_map(output / f"{case}_fracture.nii.gz")
    score = patient_scores(probability_map, settings)[settings.noise_thresholds.index(noise_threshold)]
    components = find_components(probability_map, probability_threshold, noise_threshold, settings.connectivity)
    return {
        "score": float(score),
        "findings": [
            {
                "centre_lps_mm": [round(coordinate, 1) for coordinate in component.centre],
                "volume_mm3": round(component.volume_mm3, 1),
                "peak_probability": round(component.peak_probability, 4),
            }
            for component in components
        ],
        "operating_point": {
            "probability_threshold": probability_threshold,
            "noise_threshold_voxels": noise_threshold,
            "connectivity": settings.connectivity,
        },
        "disclaimer": DISCLAIMER,
    }
