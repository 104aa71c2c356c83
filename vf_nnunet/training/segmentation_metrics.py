"""nnU-Net's voxel metrics of the outer fold's segmentations."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from nnunetv2.configuration import default_num_processes
from nnunetv2.evaluation.evaluate_predictions import compute_metrics, save_summary_json
from nnunetv2.utilities.json_export import recursive_fix_for_json_export

from vf_nnunet.training.validation import Plans

Metrics = dict[str, Any]


def summarise_segmentations(plans: Plans, folder: Path, references: Path) -> dict[str, Any]:
    """The metrics of the segmentations in `folder`, also written to its `summary.json`.

    The content is that of nnU-Net's `compute_metrics_on_folder`, which starts processes that import nnU-Net again: for
    the cases of a fold, that takes longer than the metrics.

    Args:
        plans: Of the dataset.
        folder: Segmentations that `predict_cases` wrote.
        references: Folder of the true segmentations.
    """
    label_manager = plans.plans.get_label_manager(plans.dataset)
    labels = label_manager.foreground_labels
    measure = partial(_measure, references, plans.plans.image_reader_writer_class(), labels, label_manager.ignore_label)
    paths = sorted(folder.glob(f"*{plans.dataset['file_ending']}"))
    with ThreadPoolExecutor(default_num_processes) as pool:
        cases = list(pool.map(measure, paths))
    means = {label: _means([case["metrics"][label] for case in cases]) for label in labels}
    summary = {"metric_per_case": cases, "mean": means, "foreground_mean": _foreground_means(means)}
    for part in (*cases, means, summary["foreground_mean"]):
        recursive_fix_for_json_export(part)
    save_summary_json(summary, str(folder / "summary.json"))
    return summary


def _measure(references: Path, reader: Any, labels: list[int], ignore_label: int | None, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = compute_metrics(str(references / path.name), str(path), reader, labels, ignore_label)
    return found


def _means(metrics: list[Metrics]) -> Metrics:
    """The mean of each metric over the cases in which it is defined."""
    return {name: np.nanmean([case[name] for case in metrics]) for name in metrics[0]}


def _foreground_means(means: dict[int, Metrics]) -> Metrics:
    names = next(iter(means.values()))
    return {name: np.mean([metrics[name] for metrics in means.values()]) for name in names}
