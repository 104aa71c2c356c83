"""The record of the jobs that train the folds of a dataset, so that the same command finds them again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.cluster.states import JobState, job_states
from vf_nnunet.nnunet.names import model_folder_name

FOLDER = "cluster_jobs"
"""In nnU-Net's results of a dataset."""
RECORD = "jobs.json"
FILES = "submitit"
"""Folder of submitit's own files."""


@dataclass(frozen=True)
class FoldJob:
    """The job that trains a fold.

    Attributes:
        cluster: submitit's executor.
        job: Its id.
        epochs: The planned number of epochs.
    """

    cluster: str
    job: str
    epochs: int


def log_of(place: Path, model: str, fold: str) -> Path:
    """The log of all trainings of a fold by jobs: the output of each, errors included.

    Args:
        place: The folder `FOLDER` of a dataset.
        model: The folder of the model.
        fold: The folder of the fold.
    """
    return place / f"{short_name(model)}_{fold}.log"


def short_name(model: str) -> str:
    """The configuration of this plugin's models; the folder of any other one."""
    return model.removeprefix(model_folder_name(""))


def read_jobs(place: Path) -> dict[str, FoldJob]:
    """The recorded jobs by the path of the fold in the results of the dataset; empty if nothing was submitted.

    Raises:
        InputError: If the record is not one of `add_jobs`.
    """
    path = place / RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {fold: FoldJob(**entry) for fold, entry in content.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not a record of jobs ({error}); remove it if no job of this dataset is in the queue"
        ) from error


def add_jobs(place: Path, jobs: Mapping[str, FoldJob]) -> None:
    """Record jobs; each takes the place of an earlier one of its fold."""
    entries = {fold: asdict(job) for fold, job in (read_jobs(place) | dict(jobs)).items()}
    write_json(place / RECORD, entries)


def states_of(place: Path, jobs: Iterable[FoldJob]) -> dict[FoldJob, JobState]:
    """The state of each job, with one question to the scheduler."""
    states: dict[FoldJob, JobState] = {}
    wanted = set(jobs)
    for cluster in {job.cluster for job in wanted}:
        own = [job for job in wanted if job.cluster == cluster]
        found = job_states(cluster, place / FILES, [job.job for job in own])
        states |= {job: found[job.job] for job in own}
    return states
