"""Synthetic spine CT cohorts, for trying and testing software without patients."""

from dataset_conversion.phantom.cohort import write_cohort
from dataset_conversion.phantom.presets import BODY, FIELDS_OF_VIEW, SPINE
from dataset_conversion.phantom.settings import PhantomSettings

__all__ = ["BODY", "FIELDS_OF_VIEW", "SPINE", "PhantomSettings", "write_cohort"]
