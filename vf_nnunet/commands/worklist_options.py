"""What the commands that write a worklist share."""

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.image_source import ImageSource

if TYPE_CHECKING:
    from vf_nnunet.model.card import Card
    from vf_nnunet.screening.batch import CaseListener
    from vf_nnunet.screening.worklist.page import Progress


def add_no_worklist(parser: argparse.ArgumentParser) -> None:
    """Add --no-worklist to a command that writes the page."""
    parser.add_argument(
        "--no-worklist",
        dest="worklist",
        action="store_false",
        help="do not write index.html, the page with all cases, and the volumes that its viewer opens",
    )


def worklist_problems(arguments: argparse.Namespace) -> list[str]:
    """Check before long work that the page would not replace another one."""
    if not arguments.worklist:
        return []
    from vf_nnunet.screening.worklist.page import page_problems

    return page_problems(arguments.output)


def keep_card(output: Path, model: "Card | Path | None") -> None:
    """Keep the model's card beside the page.

    Args:
        output: Folder of the results.
        model: The card, a .vf file, or the folder of a worklist that has one; None leaves what is there.
    """
    from vf_nnunet.model.model_file import read_model_file
    from vf_nnunet.screening.worklist.model_card import carry_card, write_card

    if isinstance(model, Path):
        if model.is_dir():
            carry_card(model, output)
            return
        model = read_model_file(model).card
    if model is not None:
        write_card(output, model)


@contextmanager
def page_of_batch(
    arguments: argparse.Namespace,
    maps: Mapping[str, Path],
    cts: Mapping[str, ImageSource],
    to_do: Mapping[str, ImageSource],
    model: "Card | Path",
) -> "Iterator[CaseListener]":
    """The page of a batch that is about to run, as a listener to its cases; with --no-worklist it does nothing.

    Args:
        arguments: The parsed options.
        maps: The maps of all cases by case id, from which files are made that earlier results lack.
        cts: The CTs of all cases, as far as they are at hand.
        to_do: The cases that the batch will do; the others have results.
        model: As in `keep_card`.
    """
    from vf_nnunet.screening.worklist.existing_results import make_missing
    from vf_nnunet.screening.worklist.page import Progress

    kept = {case: path for case, path in maps.items() if case not in to_do}
    if arguments.worklist:
        for problem in make_missing(arguments.output, kept, cts):
            sys.stderr.write(f"warning: {problem}\n")
    with worklist_page(arguments.output, model, arguments.worklist, Progress(len(kept), len(maps))) as finished:
        yield finished


@contextmanager
def worklist_page(
    output: Path, model: "Card | Path", is_wanted: bool, progress: "Progress | None" = None
) -> "Iterator[CaseListener]":
    """The page of a folder, as a listener to its cases.

    Args:
        output: Folder of the results.
        model: As in `keep_card`.
        is_wanted: Whether there is a page; otherwise the listener does nothing.
        progress: How far a batch is; None if nobody knows its end.
    """
    from vf_nnunet.screening.batch import ignore_case

    if not is_wanted:
        yield ignore_case
        return
    from vf_nnunet.screening.worklist.growing_page import GrowingPage
    from vf_nnunet.screening.worklist.page import NO_BATCH

    keep_card(output, model)
    with GrowingPage(output, progress or NO_BATCH) as page:
        yield page.finished
