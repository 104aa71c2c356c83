"""Submit work as arrays of jobs; a job that is killed is queued again as long as it gets on."""

import io
import logging
import os
import shlex
import threading
from collections.abc import Sequence
from contextlib import redirect_stderr
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from dataset_conversion.spine.errors import InputError, first_line
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.cluster.settings import DAY, ClusterSettings
from vf_nnunet.cluster.slurm import check_slurm, job_minutes, largest_array

ENDS = 3
"""Times that a job may end without a result and without progress before it is not queued again."""
RESTARTS = "SLURM_RESTART_COUNT"
"""Slurm's variable in a job that was queued again."""
TIMEOUTS = 10_000
"""Times that a job may reach its time limit: any number, as long as it gets on."""


class Work(Protocol):
    """What a job does. It can be pickled, and called again after it was interrupted, when it goes on."""

    def __call__(self) -> object:
        """Do it."""

    def checkpoint(self) -> object:
        """What submitit queues before the time limit: `go_on(self)`."""


def go_on(work: Work) -> object:
    """The return value of a work's `checkpoint`: the same work again, or None if it did not get on `ENDS` times."""
    from submitit.helpers import DelayedSubmission

    path = _ends_file()
    if path is not None and not _progress.is_set():
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"{os.environ.get(RESTARTS, '0')}\n")
        if _count(path) >= ENDS:
            return None
    return DelayedSubmission(work)


def check_cluster(settings: ClusterSettings) -> None:
    """Check what can be known before a submission.

    Raises:
        InputError: If submitit or Slurm is missing or does not answer, or the partition is unknown.
    """
    if find_spec("submitit") is None:
        raise InputError("--cluster: needs the package submitit; install it with pip install 'vf_nnunet[cluster]'")
    if settings.cluster == "slurm":
        check_slurm(settings)


def submit(settings: ClusterSettings, folder: Path, name: str, works: Sequence[Work]) -> list[str]:
    """Submit each work as a job, in arrays as large as the cluster allows.

    With the cluster `debug` the works are done here, one after the other, before this returns.

    Args:
        settings: Checked by `check_cluster`.
        folder: Where submitit keeps its files and the jobs' output; all machines must see it. It is created.
        name: Name of the jobs in the queue.
        works: What the jobs do.

    Returns:
        The id of each job, for `states.job_states`.

    Raises:
        InputError: If the scheduler refuses them.
    """
    if settings.cluster == "debug":
        return [_do_here(folder, work) for work in works]
    executor = _open_executor(settings, folder, name)
    size = largest_array() if settings.cluster == "slurm" else max(len(works), 1)
    jobs: list[str] = []
    for first in range(0, len(works), size):
        try:
            # sbatch's errors are in the exception too.
            with redirect_stderr(io.StringIO()):
                jobs += [job.job_id for job in executor.submit_array(works[first : first + size])]
        except Exception as error:  # submitit's own types wrap what sbatch says
            before = f"; {len(jobs)} jobs were submitted before: {', '.join(jobs[:3])}..." if jobs else ""
            raise InputError(f"{settings.cluster}: refused the jobs: {_reason(error)}{before}") from error
    return jobs


def got_on() -> None:
    """Within a job: note that the work got on, so that it may end `ENDS` times anew."""
    _progress.set()
    path = _ends_file()
    if path is not None:
        path.unlink(missing_ok=True)


def ends_without_result(folder: Path, job: str) -> int:
    """How often a job ended without a result since it last got on."""
    return _count(folder / f"{job}.ends")


_progress = threading.Event()
"""Set when the work of this process has got on."""


def _ends_file() -> Path | None:
    """The file with a line for each end of this job without a result; None outside of a job."""
    from submitit import JobEnvironment

    try:
        environment = JobEnvironment()
    except RuntimeError:
        return None
    folder: Path = environment.paths.folder
    return folder / f"{environment.job_id}.ends"


def _count(path: Path) -> int:
    """Different lines: the work and the shell after it may both note the same end."""
    return len(set(path.read_text(encoding="utf-8").split())) if path.is_file() else 0


def _open_executor(settings: ClusterSettings, folder: Path, name: str) -> Any:
    import submitit

    # submitit tells every failed call of sacct; no accounting is needed here.
    logging.getLogger("submitit").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    executor = submitit.AutoExecutor(folder=folder, cluster=settings.cluster, slurm_max_num_timeout=TIMEOUTS)
    parameters = _slurm_parameters(settings, folder) if settings.cluster == "slurm" else _local_parameters(settings)
    try:
        executor.update_parameters(name=name, **parameters)
    except (NameError, ValueError, AssertionError, TypeError) as error:
        raise InputError(f"--slurm: {first_line(str(error))}") from error
    if settings.cluster == "local":
        # Otherwise submitit hides all GPUs from the jobs, which here share what this process sees.
        gpus = _visible_gpus()
        executor._executor.parameters.update(gpus_per_node=len(gpus), visible_gpus=gpus)
    return executor


def _visible_gpus() -> list[str]:
    """What CUDA_VISIBLE_DEVICES names; without it all GPUs of this machine."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip()]
    return [str(number) for number, _ in enumerate(Path("/dev").glob("nvidia[0-9]*"))]


def _local_parameters(settings: ClusterSettings) -> dict[str, Any]:
    return {"timeout_min": settings.minutes or 365 * DAY, "local_setup": list(settings.setup) or None}


def _slurm_parameters(settings: ClusterSettings, folder: Path) -> dict[str, Any]:
    """The parameters that submitit knows, and the others as options of sbatch."""
    from submitit.slurm.slurm import SlurmExecutor

    known = SlurmExecutor._valid_parameters()
    own = {name: _typed(value) for name, value in settings.extra.items() if name in known}
    others = {name: _typed(value) for name, value in settings.extra.items() if name not in known}
    parameters = {
        "partition": settings.partition,
        "gres": settings.gres,
        "time": job_minutes(settings),
        "mem": settings.mem,
        "cpus_per_task": settings.cpus,
        "array_parallelism": settings.array_parallelism or 256,
        "setup": list(settings.setup) or None,
        "teardown": _queue_again(folder),
        **own,
        "additional_parameters": {"requeue": True, **others},
    }
    return {f"slurm_{name}": value for name, value in parameters.items()}


def _typed(value: str) -> int | str | bool:
    """A parameter's value: sbatch's flags have none, and submitit expects numbers where they are numbers."""
    if value == "":
        return True
    return int(value) if value.isdecimal() else value


def _queue_again(folder: Path) -> list[str]:
    """Shell lines after a job's work: without a result it was killed, and is queued again as long as it gets on."""
    place = shlex.quote(str(folder.absolute()))
    return [
        "job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}}",
        "job=${job:-$SLURM_JOB_ID}",
        f"cd {place} || exit 1",
        "if [ ! -e ${job}_0_result.pkl ]; then",
        f'  echo "${{{RESTARTS}:-0}}" >>"$job.ends"',
        f'  [ "$(sort -u "$job.ends" | wc -l)" -ge {ENDS} ] || scontrol requeue "$SLURM_JOB_ID"',
        "fi",
    ]


def _reason(error: Exception) -> str:
    """What sbatch said, without submitit's words around it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if line.startswith("sbatch: error:")]
    return first_line((said or lines or [type(error).__name__])[0].removeprefix("sbatch: error: "), 200)


def _do_here(folder: Path, work: Work) -> str:
    """Do a work in this process, and leave its outcome where a job would."""
    import traceback
    import uuid

    import cloudpickle
    from submitit.core.utils import JobPaths

    folder.mkdir(parents=True, exist_ok=True)
    job = f"debug-{uuid.uuid4().hex[:12]}"
    try:
        outcome: tuple[str, object] = ("success", work())
    except Exception:  # as in a job: any error is its outcome
        outcome = ("error", traceback.format_exc())
    with atomic_file(JobPaths(folder, job, 0).result_pickle) as temporary:
        temporary.write_bytes(cloudpickle.dumps(outcome))
    return job
