"""Whether a job sees what the command that submitted it saw: a shared folder and nnU-Net's variables."""

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_text
from vf_nnunet.nnunet.paths import FOLDER_VARIABLES

TOKEN = "token.txt"


@dataclass(frozen=True)
class Sight:
    """What a command saw at the submission.

    Attributes:
        place: A folder in nnU-Net's results.
        token: Content of a file in it.
        variables: nnU-Net's variables.
    """

    place: Path
    token: str
    variables: Mapping[str, str]

    def check(self) -> None:
        """Check in a job that it sees the same.

        Raises:
            InputError: If it does not; all problems at once.
        """
        host, path = socket.gethostname(), self.place / TOKEN
        problems = [
            f"{name}: {os.environ.get(name) or 'not set'} on {host}; expected {value} as where the job was submitted: "
            f"add --slurm-setup 'export {name}={value}'"
            for name, value in self.variables.items()
            if os.environ.get(name) != value
        ]
        found = path.read_text(encoding="utf-8").strip() if path.is_file() else "missing"
        if found != self.token:
            problems.append(
                f"{path}: {found} on {host}; expected {self.token}: this machine does not see the results folder of "
                "the machine that submitted the job; nnUNet_results must lie on a file system that all share"
            )
        if problems:
            raise InputError(problems)


def look(place: Path, variables: Mapping[str, str]) -> Sight:
    """What jobs must see, written where they look for it; an existing token is kept for jobs that wait.

    Args:
        place: A folder in nnU-Net's results; it is created.
        variables: nnU-Net's variables that differ from those of this process.
    """
    place.mkdir(parents=True, exist_ok=True)
    path = place / TOKEN
    if not path.is_file():
        write_text(path, f"{uuid.uuid4().hex}\n")
    values = {name: variables.get(name) or os.environ.get(name, "") for name in FOLDER_VARIABLES}
    given = {name: value for name, value in values.items() if value and name not in variables}
    return Sight(place.absolute(), path.read_text(encoding="utf-8").strip(), given)
