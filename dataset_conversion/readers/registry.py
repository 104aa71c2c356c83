"""Finds the format of an annotation source among the modules of this package."""

import importlib
import pkgutil
from pathlib import Path

import dataset_conversion.readers as package
from dataset_conversion.errors import ConversionError
from dataset_conversion.readers.annotation_format import AnnotationFormat


def known_formats() -> dict[str, AnnotationFormat]:
    """Every module's ``FORMAT`` by its name."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    formats = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return {found.name: found for found in formats}


def find_format(path: Path, name: str | None = None) -> AnnotationFormat:
    """The format called ``name``, or else the only one that ``path`` looks like.

    Raises:
        ConversionError: ``path`` does not exist, the name is unknown, or no format or several fit.
    """
    formats = known_formats()
    if not path.exists():
        raise ConversionError(f"{path}: does not exist, wanted a file or folder with centroids")
    if name is not None:
        if name not in formats:
            raise ConversionError(f"annotation format {name!r} is unknown, wanted one of {', '.join(formats)}")
        return formats[name]
    fitting = [candidate for candidate in formats.values() if candidate.matches(path)]
    if len(fitting) != 1:
        found = " and ".join(candidate.name for candidate in fitting) or "no known annotation format"
        raise ConversionError(f"{path}: {found} found, wanted one of {', '.join(formats)}; name it with --format")
    return fitting[0]
