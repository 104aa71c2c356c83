"""Synthetic spine CT cohorts, for trying and testing the software without patient data."""

from dataset_conversion.phantom.cohort.presets import BODY, FIELDS_OF_VIEW, SPINE
from dataset_conversion.phantom.cohort.varied import VARIED
from dataset_conversion.phantom.cohort.writer import write_cohort
from dataset_conversion.phantom.settings.cohort import PhantomSettings

__all__ = ["BODY", "FIELDS_OF_VIEW", "SPINE", "VARIED", "PhantomSettings", "write_cohort"]
