"""Fit the probe of a trained fold, which says where vertebrae can be."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetBaseDataset

from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.network.dual_pathway import DualPathwayNet
from vf_nnunet.nnunet.names import PROBE_FILE
from vf_nnunet.region.fit import ProbeCase, fit_probe, probe_case
from vf_nnunet.region.probe_file import write_probe

FITTED_CASES = 6
"""Training cases to which the logistic regression is fitted."""
THRESHOLD_CASES = 12
"""Largest number of cases of the inner validation that give the threshold."""


def fit_fold(
    folder: Path,
    network: DualPathwayNet,
    training: nnUNetBaseDataset,
    inner: nnUNetBaseDataset,
    ignore: int | None,
    device: str,
    log: Callable[[str], None],
) -> None:
    """Fit the probe of a fold and write it into the fold's folder.

    A fold to which no probe can be fitted is computed everywhere; the log says why.

    Args:
        folder: nnU-Net's folder of the fold.
        network: Trained.
        training: Cases that the fold learned from.
        inner: Cases of its inner validation.
        ignore: The ignore label, if the dataset has one.
        device: As nnU-Net names it.
        log: Takes a line.
    """
    (folder / PROBE_FILE).unlink(missing_ok=True)
    ensemble = ensemble_of({folder.name: network})
    backend = open_backend(ensemble, device=device)

    def case_of(cases: nnUNetBaseDataset, name: str) -> ProbeCase:
        data, labels, _, _ = cases.load_case(name)
        return probe_case(backend, np.asarray(data[:]), np.asarray(labels[0]), ignore)

    chosen, thresholds = spread(training.identifiers, FITTED_CASES), spread(inner.identifiers, THRESHOLD_CASES)
    try:
        probe = fit_probe(
            (case_of(training, name) for name in chosen),
            [case_of(inner, name) for name in thresholds],
            ensemble.architecture.subsampling_factor,
        )
    except InputError as error:
        log(f"WARNING: no vertebra probe was fitted, so predictions are computed everywhere: {error}")
        return
    write_probe(folder, probe, ensemble.weights[0])
    log(
        f"Fitted the vertebra probe to {len(chosen)} training cases; threshold {probe.threshold:.4f} from "
        f"{len(thresholds)} cases of the inner validation."
    )


def spread(cases: Sequence[str], count: int) -> list[str]:
    """At most `count` of the cases, spread evenly."""
    ordered = sorted(cases)
    chosen = np.unique(np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(int))
    return [ordered[index] for index in chosen]
