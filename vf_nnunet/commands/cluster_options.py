"""The options of commands whose work can run as jobs of a scheduler."""

import argparse
from collections.abc import Callable
from typing import TypeVar

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cluster.settings import CLUSTERS, ClusterSettings, parse_extra, parse_minutes

PREFIX = "slurm_"
Text = TypeVar("Text")
Value = TypeVar("Value")


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Add --cluster and what is asked of the scheduler."""
    group = parser.add_argument_group("jobs of a cluster (needs vf_nnunet[cluster])")
    group.add_argument(
        "--cluster",
        choices=CLUSTERS,
        default=None,
        help="run as jobs of Slurm, or as processes of this machine (local), or here one after the other (debug)",
    )
    group.add_argument("--slurm-partition", default=None, metavar="P", help="partition (default: the cluster's)")
    group.add_argument("--slurm-gres", default=None, metavar="GRES", help="resources of a job, such as gpu:1")
    group.add_argument(
        "--slurm-time",
        default=None,
        metavar="TIME",
        help="time limit of a job, such as 12:00:00; it is then queued again and goes on (default: a day, or the "
        "partition's limit)",
    )
    group.add_argument("--slurm-mem", default=None, metavar="MEM", help="memory of a job, such as 16G")
    group.add_argument("--slurm-cpus", type=int, default=None, metavar="N", help="processors of a job")
    group.add_argument(
        "--slurm-array-parallelism", type=int, default=None, metavar="N", help="most jobs that run at a time"
    )
    group.add_argument(
        "--slurm-setup",
        action="append",
        default=[],
        metavar="COMMAND",
        help="shell command before each job, such as 'module load cuda'; may be repeated",
    )
    group.add_argument(
        "--slurm",
        dest="slurm_extra",
        nargs="+",
        default=[],
        metavar="NAME=VALUE",
        help="other options of sbatch, such as account=lab qos=high",
    )


def cluster_settings(arguments: argparse.Namespace) -> ClusterSettings | None:
    """What the options of `add_cluster` ask for; None if the work is done here.

    Raises:
        InputError: If a value cannot be, or an option lacks --cluster; all problems at once.
    """
    if arguments.cluster is None:
        _check_none_given(arguments)
        return None
    problems = [
        f"--{name.replace('_', '-')} {value}: expected 1 or more"
        for name in ("slurm_cpus", "slurm_array_parallelism")
        if (value := getattr(arguments, name)) is not None and value < 1
    ]
    minutes = _parsed(problems, "--slurm-time", parse_minutes, arguments.slurm_time)
    extra = _parsed(problems, "--slurm", parse_extra, arguments.slurm_extra)
    if problems:
        raise InputError(problems)
    return ClusterSettings(
        cluster=arguments.cluster,
        partition=arguments.slurm_partition,
        gres=arguments.slurm_gres,
        minutes=minutes,
        mem=arguments.slurm_mem,
        cpus=arguments.slurm_cpus,
        array_parallelism=arguments.slurm_array_parallelism,
        setup=tuple(arguments.slurm_setup),
        extra=extra or {},
    )


def _check_none_given(arguments: argparse.Namespace) -> None:
    given = [name for name, value in vars(arguments).items() if name.startswith(PREFIX) and value]
    if given:
        names = ", ".join(f"--{name.removesuffix('_extra').replace('_', '-')}" for name in given)
        raise InputError(f"{names}: given without --cluster; add --cluster slurm, or leave it out")


def _parsed(problems: list[str], option: str, parse: Callable[[Text], Value], text: Text | None) -> Value | None:
    """The value of an option that may be absent; what is wrong with it is added to the problems."""
    try:
        return None if text is None else parse(text)
    except InputError as error:
        problems += [f"{option} {problem}" for problem in error.problems]
        return None
