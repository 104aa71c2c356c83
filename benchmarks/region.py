"""Compare a prediction where vertebrae can be with one everywhere: voxels, scores, AUCs and time, all in one run.

python benchmarks/region.py -m MODEL --raw RAW [--folds K ...] [--cases N] [--ct CT ...] -o OUTPUT

MODEL is nnU-Net's folder of a trained model whose folds have vertebra probes, RAW the raw dataset with `imagesTr`,
`labelsTr`, `splits_final.json` and `vertebrae.csv`. Each case is predicted out of fold, both ways in turn, and the maps
are evaluated as `vf_nnunet evaluate` does. Each --ct is predicted with the command line, by one fold and by all, with
and without --everywhere. Seconds are those of the clock and, beside them, of the processor.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.images.ct import read_ct
from dataset_conversion.spine.geometry import world_to_index
from dataset_conversion.spine.vertebra_table import read_vertebra_table
from evaluation.cohort.sources import CaseMap
from evaluation.evaluate import evaluate
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.preprocessing import NetworkImage, Preprocessing, preprocess
from vf_nnunet.inference.probability_maps import class_maps, write_probability_maps
from vf_nnunet.inference.tiling import TilingSettings
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.model.model import Model
from vf_nnunet.model.model_folder import read_model_folder
from vf_nnunet.region.prediction import Plan, plan_region, predict_region
from vf_nnunet.screening.case import AIR_BELOW

LARGEST_CHANGE = 0.01
"""Change of a vertebra's score above which it is listed."""
WAYS = {"everywhere": True, "region": False}


@dataclass
class Clock:
    """Seconds of the clock and of the processor by name, summed over cases."""

    wall: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        """Do the work and add its seconds."""
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        self.wall[name] = self.wall.get(name, 0.0) + time.perf_counter() - wall
        self.processor[name] = self.processor.get(name, 0.0) + time.process_time() - processor
        return result


def main() -> None:
    """Print the figures and write the maps, evaluations and `region.json`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", dest="model", type=Path, required=True)
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--folds", nargs="+", default=None, help="default: all trained folds")
    parser.add_argument(
        "--cases", type=int, default=None, help="largest number of cases per fold, 0 for no cohort (default: all)"
    )
    parser.add_argument("--backend", default=None)
    parser.add_argument("--ct", type=Path, nargs="*", default=[])
    parser.add_argument("-o", dest="output", type=Path, required=True)
    arguments = parser.parse_args()
    model = read_model_folder(arguments.model, arguments.folds)
    arguments.output.mkdir(parents=True, exist_ok=True)
    figures = {
        "load": os.getloadavg(),
        "cohort": None if arguments.cases == 0 else _cohort(arguments, model),
        "cts": {path.name: _network(path, model, arguments.backend) for path in arguments.ct},
        "commands": {path.name: _commands(path, arguments) for path in arguments.ct},
    }
    (arguments.output / "region.json").write_text(json.dumps(figures, indent=2))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


def _cohort(arguments: argparse.Namespace, model: Model) -> dict[str, Any]:
    """Predict each case out of fold both ways and evaluate the maps."""
    splits = json.loads((arguments.raw / "splits_final.json").read_text())
    rows = read_vertebra_table(arguments.raw / "vertebrae.csv")
    clock = Clock()
    shares, lost, centres = [], [], 0
    maps: dict[str, list[CaseMap]] = {way: [] for way in WAYS}
    for fold in model.ensemble.folds:
        single = model.with_folds([fold], arguments.model)
        backend = open_backend(single.ensemble, arguments.backend)
        for case in sorted(splits[int(fold)]["val"])[: arguments.cases]:
            image = _read(arguments.raw / "imagesTr" / f"{case}_0000.nii.gz", single)
            plan = _predict_both(case, int(fold), single, backend, image, arguments.output, clock, maps)
            shares.append({"case": case, **plan.computed.to_json(), "warning": plan.computed.warning})
            computed = _computed(image, plan)
            for row in rows:
                if row.case_id == case:
                    place = np.round(world_to_index(image.grid.affine, [row.x, row.y, row.z])[0]).astype(int)
                    place -= [before for before, _ in image.grid.padding]
                    centres += 1
                    inside = all(0 <= at < size for at, size in zip(place, computed.shape, strict=True))
                    if inside and not computed[tuple(place)]:
                        lost.append(f"{case} {row.vertebra}")
            sys.stderr.write(f"{shares[-1]} {clock.processor}\n")
    return {
        "cases": shares,
        "centres": centres,
        "centres_lost": lost,
        "seconds": clock.wall,
        "processor_seconds": clock.processor,
        "times_faster": clock.processor["everywhere"] / clock.processor["region"],
        **_differences(maps, arguments),
    }


def _read(path: Path, model: Model) -> NetworkImage:
    volume = read_ct(path)
    return preprocess(volume.array, volume.affine, Preprocessing.from_entries(model.card.preprocessing, str(path)))


def _tiling(image: NetworkImage) -> TilingSettings:
    return TilingSettings(air_below=image.scale.intensity(AIR_BELOW))


def _predict(backend: Backend, image: NetworkImage, everywhere: bool) -> tuple[Plan, FloatArray]:
    """The plan and the probabilities (classes, z, y, x); the background is left 0, which no map shows."""
    plan = plan_region(backend, image.array, _tiling(image), everywhere)
    probabilities = np.zeros((backend.ensemble.classes, *image.array.shape[1:]), np.float32)
    for place, block in predict_region(backend, image.array, plan):
        probabilities[:, *place] = block
    return plan, probabilities


def _predict_both(
    case: str,
    fold: int,
    model: Model,
    backend: Backend,
    image: NetworkImage,
    output: Path,
    clock: Clock,
    maps: dict[str, list[CaseMap]],
) -> Plan:
    found: dict[str, Plan] = {}
    for way, everywhere in WAYS.items():
        plan, probabilities = clock.time(way, partial(_predict, backend, image, everywhere))
        found[way] = plan
        folder = output / way / f"fold_{fold}"
        folder.mkdir(parents=True, exist_ok=True)
        write_probability_maps(folder, case, class_maps(probabilities, model.card.classes), image.grid)
        maps[way].append(CaseMap(case, folder / f"{case}_fracture.nii.gz", fold))
    return found["region"]


def _computed(image: NetworkImage, plan: Plan) -> np.ndarray:
    computed = np.zeros(image.array.shape[1:], bool)
    for place in plan.places:
        computed[place] = True
    return computed


def _differences(maps: dict[str, list[CaseMap]], arguments: argparse.Namespace) -> dict[str, Any]:
    """AUCs both ways, and the vertebrae whose score changes."""
    aucs, scores = {}, {}
    table = _table_of({found.case_id for found in maps["region"]}, arguments)
    for way, found in maps.items():
        folder = arguments.output / f"evaluation_{way}"
        summary = evaluate(found, table, folder)
        patient, vertebra = summary["patient"], summary["vertebra"]
        aucs[way] = {
            "patient_auc_hull": patient["auc_hull"],
            "patient_auc_nested": patient["auc_nested"],
            "vertebra_auc": vertebra["auc"],
        }
        with (folder / "vertebra_scores.csv").open() as file:
            scores[way] = {
                f"{row['case_id']} {row['vertebra']} grade {row['grade']}": float(row["score_mean"])
                for row in csv.DictReader(file)
            }
    pairs = {name: (score, scores["region"][name]) for name, score in scores["everywhere"].items()}
    changed = {name: pair for name, pair in pairs.items() if abs(pair[0] - pair[1]) > LARGEST_CHANGE}
    return {
        "aucs": aucs,
        "vertebrae": len(pairs),
        "share_unchanged": 1 - len(changed) / max(1, len(pairs)),
        "changed": changed,
    }


def _table_of(cases: set[str], arguments: argparse.Namespace) -> Path:
    """The rows of the vertebra table of these cases."""
    head, *rows = (arguments.raw / "vertebrae.csv").read_text().splitlines()
    table: Path = arguments.output / "vertebrae.csv"
    table.write_text("\n".join([head, *(row for row in rows if row.split(",")[0] in cases)]) + "\n")
    return table


def _network(path: Path, model: Model, backend_name: str | None) -> dict[str, Any]:
    """Seconds of the network alone on a CT, by the first fold and by all, both ways in turn."""
    image = _read(path, model)
    found: dict[str, Any] = {"voxels": image.array.size}
    for folds in {model.ensemble.folds[:1], model.ensemble.folds}:
        backend = open_backend(model.with_folds(folds, path).ensemble, backend_name)
        clock = Clock()
        plan = None
        for way, everywhere in (*WAYS.items(), *reversed(WAYS.items())):
            plan, _ = clock.time(way, partial(_predict, backend, image, everywhere))
        found[f"{len(folds)} folds"] = {
            "seconds": {way: seconds / 2 for way, seconds in clock.wall.items()},
            "processor_seconds": {way: seconds / 2 for way, seconds in clock.processor.items()},
            "times_faster": clock.processor["everywhere"] / clock.processor["region"],
            "computed": None if plan is None else plan.computed.to_json(),
        }
    return found


def _commands(path: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Seconds of `vf_nnunet predict`, clock and processor."""
    found = {}
    names = arguments.folds or [folder.name.removeprefix("fold_") for folder in arguments.model.glob("fold_[0-9]*")]
    for folds in (names[:1], names):
        for way, options in (("everywhere", ["--everywhere"]), ("region", [])):
            output = arguments.output / "commands" / f"{way}_{len(folds)}"
            command = [sys.executable, "-m", "vf_nnunet", "predict", "-i", str(path), "-m", str(arguments.model)]
            found[f"{len(folds)} folds, {way}"] = _run([*command, "-f", *folds, "-o", str(output), *options])
    return found


def _run(command: Sequence[str]) -> dict[str, float]:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.perf_counter() - started, "processor_seconds": processor}


if __name__ == "__main__":
    main()
