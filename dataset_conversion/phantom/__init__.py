"""Synthetic spine CT cohorts, for trying and testing software without patients."""

from dataset_conversion.phantom.cohort import write_cohort
from dataset_conversion.phantom.settings import PhantomSettings

__all__ = ["PhantomSettings", "write_cohort"]
