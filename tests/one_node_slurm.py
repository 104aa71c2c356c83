"""A real Slurm of one node in a temporary folder, for tests of jobs: munged, slurmctld and slurmd of Debian's packages.

It is started by root, has no accounting, and uses ports and a munge socket of its own, so that several may run.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.ports import free_port

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel")
PARTITION = "main"
CPUS = 4
"""More than the machine need have: jobs of tests mostly wait."""
CONFIGURATION = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmUser=root
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
KillWait=2
SlurmdParameters=config_overrides
MaxArraySize={array}
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=1,bf_interval=1
NodeName=one NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName={partition} Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
PartitionName=short Nodes=ALL MaxTime=60 State=UP
"""


def why_not() -> str | None:
    """Why no Slurm can be started here; None if one can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if missing:
        return f"needs Debian's slurm-wlm and munge ({', '.join(missing)} missing)"
    return None if os.geteuid() == 0 else "only root can start the tests' Slurm"


@dataclass
class OneNodeSlurm:
    """A running Slurm.

    Attributes:
        folder: Its configuration, state and logs.
    """

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables by which Slurm's commands find it."""
        return {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": _path()}

    def run(self, *command: str) -> str:
        """Output of one of Slurm's commands."""
        environment = {**os.environ, **self.variables}
        return subprocess.run(
            command, env=environment, check=True, capture_output=True, encoding="utf-8", timeout=60
        ).stdout

    def start(self, largest_array: int = 1001) -> None:
        """Start the three daemons and wait for the node."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=socket.gethostname().split(".")[0],
                folder=self.folder,
                controller=free_port(),
                daemon=free_port(),
                array=largest_array,
                cpus=CPUS,
                memory=psutil.virtual_memory().total // 2**20 // 2,
                partition=PARTITION,
            )
        )
        self._start_munge()
        self._daemon("slurmctld", "-c")
        self.start_node()

    def start_node(self) -> None:
        """Start slurmd, and wait until the node takes jobs."""
        self._daemon("slurmd", "-N", "one")
        wait_for(lambda: self.run("sinfo", "-h", "-o", "%T").split()[:1] in (["idle"], ["mixed"], ["allocated"]), 60)

    def stop_node(self) -> None:
        """End slurmd; the jobs' own daemons go on."""
        self._end("slurmd")

    def stop(self) -> None:
        """Cancel all jobs and end the daemons."""
        with suppress(subprocess.SubprocessError):
            self.run("scancel", "-u", "root")
            wait_for(lambda: not self.run("squeue", "-h").strip(), 20)
        for name in ("slurmd", "slurmctld", "munged"):
            self._end(name)

    def _start_munge(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        files = [f"--{name}-file={self.folder}/munged.{name}" for name in ("log", "pid", "seed")]
        self._daemon("munged", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket", *files)

    def _daemon(self, name: str, *options: str) -> None:
        """Start a daemon, which leaves its process id in a file."""
        environment = {**os.environ, **self.variables}
        log = self.folder / f"{name}.start"
        with log.open("w") as stream:
            code = subprocess.run(
                [name, *options], env=environment, stdout=stream, stderr=stream, timeout=60
            ).returncode
        if code != 0:
            raise RuntimeError(f"{name} ended with exit code {code}: {log.read_text()[-2000:]}")
        wait_for(lambda: self._process(name) is not None, 20)

    def _process(self, name: str) -> psutil.Process | None:
        """The daemon of a pid file, if it runs."""
        with suppress(OSError, ValueError, psutil.Error):
            process = psutil.Process(int((self.folder / f"{name}.pid").read_text()))
            return process if process.name() == name else None
        return None

    def _end(self, name: str) -> None:
        process = self._process(name)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except psutil.TimeoutExpired:
            process.kill()
        (self.folder / f"{name}.pid").unlink(missing_ok=True)


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: If it does not in this time.
    """
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(0.1)


def _path() -> str:
    """PATH with the folder of daemons, which a user's need not hold."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
