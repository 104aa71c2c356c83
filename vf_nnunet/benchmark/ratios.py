"""How many times as long as this model each column takes: as shipped, and like with like."""

from collections.abc import Mapping

from vf_nnunet.benchmark.accuracy import Record
from vf_nnunet.benchmark.arms import OWN
from vf_nnunet.benchmark.cost.computation import Computation

SECTION = f"times as long as {OWN}"
ONE_PASS = ("prediction", "seconds")
DEFAULT_MIRRORING = ("prediction", "seconds_with_default_mirroring")
PER_VOXEL_TOUCHED = ("training", "seconds_per_million_voxels_touched")
PER_VOXEL_LEARNED = ("training", "seconds_per_million_voxels_learned")
RATIO_NOTE = (
    f'"As shipped" compares with {OWN} as it is installed here and counts mirroring, nnU-Net\'s default. '
    '"One pass" leaves mirroring out. "Like with like" is with the same library, precision, threads and device. The '
    f"outputs differ: {OWN} writes probability maps of 1 mm, nnU-Net a segmentation on the CT's grid. Voxels touched "
    "are those that the first convolutions read in one pass, with context and overlaps."
)


def column_of(name: str, computation: Computation, number: int) -> str:
    """Column of an arm's computation; the first one is the shipped one and has the arm's own name."""
    return name if number == 0 else f"{name}, {computation.name}"


def add_ratios(records: dict[str, Record]) -> dict[str, Record]:
    """Add the ratios to the columns that have a prediction or a training."""
    shipped = records[OWN]
    for name, record in records.items():
        prediction, training = (_alike(records, record, section) for section in ("prediction", "training"))
        as_shipped = {
            "prediction_as_shipped": _ratio(record, shipped, *DEFAULT_MIRRORING),
            "training_of_a_fold_as_shipped": _ratio(record, shipped, "training", "seconds_per_fold"),
        }
        found = {
            **(as_shipped if ", " not in name else {}),
            "prediction_one_pass": _ratio(record, shipped, *ONE_PASS),
            "prediction_one_pass_like_with_like": _ratio(record, prediction, *ONE_PASS),
            "training_per_voxel_touched_like_with_like": _ratio(record, training, *PER_VOXEL_TOUCHED),
            "training_per_voxel_learned_like_with_like": _ratio(record, training, *PER_VOXEL_LEARNED),
        }
        if any(value is not None for value in found.values()):
            record[SECTION] = found
    return records


def _alike(records: Mapping[str, Record], record: Record, section: str) -> Record:
    """This model's column that computes the same way; an empty one if there is none."""
    keys = ("backend", "precision", "device", "threads")
    expected = [record.get(section, {}).get(key) for key in keys]
    own = (column for name, column in records.items() if name.partition(",")[0] == OWN)
    return next((column for column in own if [column.get(section, {}).get(key) for key in keys] == expected), {})


def _ratio(record: Record, reference: Record, section: str, measure: str) -> float | None:
    own, other = (column.get(section, {}).get(measure) for column in (reference, record))
    return other / own if own and other else None
