"""What the evaluation prints last."""

from pathlib import Path
from typing import Any

from vf_nnunet.commands.evaluate import describe_summary


def summary(auc: float | None, interval: list[float] | None) -> dict[str, Any]:
    bootstrap = {"mean": auc, "sd": None, "ci95": interval}
    return {
        "patient": {"n": 4, "auc_hull": auc, "auc_hull_bootstrap": bootstrap, "auc_nested": auc},
        "vertebra": {"n": 20, "auc": auc, "auc_bootstrap": bootstrap},
    }


def test_the_last_word_is_the_vertebra_auc() -> None:
    lines = describe_summary(summary(0.8734, [0.8, 0.91]), Path("out")).splitlines()
    assert lines[0] == f"report: {Path('out') / 'report.html'}"
    assert lines[-1] == "vertebra AUC, 20 vertebrae pooled (95% interval 0.800 to 0.910): 0.873"


def test_numbers_that_do_not_exist() -> None:
    assert describe_summary(summary(None, None), Path("out")).count("none, the report says why") == 3
