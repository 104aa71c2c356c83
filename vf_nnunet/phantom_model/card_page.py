"""The card of the package's model as a page, for people who find the file."""

from dataset_conversion.spine.genant import GRADE_OF_WORD
from vf_nnunet.model.card import Card
from vf_nnunet.training.settings import TrainingSettings


def card_page(card: Card, size: int, transfer: str | None) -> str:
    """The card as Markdown.

    Args:
        card: The card in the file.
        size: Bytes of the file.
        transfer: The table of `vf_nnunet transfer` on real CTs; None if nothing was measured.
    """
    cohort, making = card.training_cohort, card.making
    training, phantoms = making["training"], making["phantoms"]
    words = {str(grade): word for word, grade in GRADE_OF_WORD.items()}
    grades = ", ".join(f"{count} {words.get(name, name)}" for name, count in cohort["grades"].items() if count)
    learned = making["training_cases"]
    folds = (f"{fold} ({learned[fold]} of the phantoms)" if fold in learned else fold for fold in card.folds)
    lines = [
        "# The model that comes with the package",
        "",
        f"{card.caution} {card.disclaimer} {card.patents}",
        "",
        f"Use: {card.intended_use}",
        "",
        "## How it was made",
        "",
        f"From {cohort['cases']} phantoms of the cohort `varied` (seed {phantoms['seed']}) with {cohort['vertebrae']} "
        f"vertebrae ({grades}). No image of a person was used. `python -m vf_nnunet.phantom_model` makes it; `make "
        "model` also puts it in place.",
        "",
        "| setting | value |",
        "|---|---|",
        f"| folds | {', '.join(folds)} |",
        f"| intensities | `{making['intensities']}` |",
        f"| training | {training['epochs']} epochs of {training['iterations_per_epoch']} batches of "
        f"{making['batch_size']} segments of {'x'.join(map(str, making['patch_size']))} voxels |",
        *(f"| `{name}` | {value} |" for name, value in _unusual(training)),
        f"| made | {card.created}, {', '.join(f'{name} {version}' for name, version in card.versions.items())} |",
        f"| weights | {size / 1e6:.2f} MB, SHA-256 `{card.weights_sha256}` |",
        "",
        "## On real CTs",
        "",
        transfer or "Not measured.\n",
    ]
    return "\n".join(lines)


def _unusual(training: dict[str, object]) -> list[tuple[str, object]]:
    """The settings of the training that are not the defaults, its length left aside."""
    usual = TrainingSettings().to_plans()
    shown = {"epochs", "iterations_per_epoch"}
    return [(name, value) for name, value in training.items() if name not in shown and value != usual.get(name)]
