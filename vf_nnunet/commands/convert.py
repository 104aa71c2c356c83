"""Convert CTs with centroids and Genant grades to an nnU-Net raw dataset with ellipsoid labels and folds."""

import argparse
import sys
from pathlib import Path

from vf_nnunet.commands.dicom_options import add_dicom_selection, dicom_selection
from vf_nnunet.commands.options import add_fracture_grade, add_processes

EXAMPLE = "vf_nnunet convert --images cts --annotations vertebrae.csv -d 701 --name Fractures"

FORMATS = (
    "csv",
    "csv-ras",
    "csv-voxel",
    "lml",
    "mevislab-voxel",
    "mevislab-world",
    "slicer-fcsv",
    "slicer-json",
    "spineps-masks",
    "totalsegmentator-masks",
    "totalsegmentator-v3-masks",
    "verse",
    "verse-masks",
    "verse19-miccai",
    "verse20-miccai",
    "vertebra-masks",
)
"""Names of the annotation formats, repeated here because importing the readers would slow down --help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "--images",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of CTs, searched recursively: NIfTI, NRRD, MHA, DICOM (also zipped)",
    )
    add_dicom_selection(parser)
    parser.add_argument(
        "--annotations",
        type=Path,
        required=True,
        metavar="PATH",
        help="file or folder of centroids or of vertebra masks",
    )
    parser.add_argument(
        "--grades",
        type=Path,
        default=None,
        metavar="PATH",
        help="VerSe's table of Genant grades, or a folder with <case>.txt files of lines such as 'L1 2 wedge'",
    )
    parser.add_argument(
        "--format",
        dest="annotation_format",
        default=None,
        metavar="F",
        help=f"format of the centroids: {', '.join(FORMATS)} (default: recognised from the content where possible)",
    )
    parser.add_argument("-d", dest="dataset_id", type=int, required=True, metavar="ID", help="nnU-Net dataset id")
    parser.add_argument("--name", required=True, help="name of the dataset: letters, digits, - and _")
    parser.add_argument(
        "--classes",
        choices=("fracture", "grades"),
        default="fracture",
        help="classes of vertebrae: normal and fracture, or normal, mild, moderate and severe (default: fracture)",
    )
    add_fracture_grade(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace an existing dataset with this id")
    parser.add_argument(
        "--qc", action="store_true", help="draw pictures of each case and of the cohort into the dataset's qc folder"
    )
    add_processes(parser)


def run(arguments: argparse.Namespace) -> None:
    """Convert the data and print the dataset's folder."""
    from dataset_conversion.convert import convert
    from dataset_conversion.dataset.report import read_counts
    from dataset_conversion.dataset.request import ConversionRequest
    from dataset_conversion.dataset.settings import ConversionSettings
    from dataset_conversion.spine.records.source_counts import describe_counts
    from vf_nnunet.nnunet.paths import nnunet_folder

    request = ConversionRequest(
        images=arguments.images,
        annotations=arguments.annotations,
        grades=arguments.grades,
        annotation_format=arguments.annotation_format,
        dicom=dicom_selection(arguments),
        settings=ConversionSettings(fracture_grade=arguments.fracture_grade, classes=arguments.classes),
    )
    dataset = convert(
        request,
        nnunet_folder("nnUNet_raw"),
        arguments.dataset_id,
        arguments.name,
        overwrite=arguments.overwrite,
        processes=arguments.processes,
        qc=arguments.qc,
    )
    counts = describe_counts(read_counts(dataset))
    lines = (str(dataset), *([counts] if counts else []), f"next: vf_nnunet plan -d {arguments.dataset_id}")
    sys.stdout.write("\n".join(lines) + "\n")
