"""Evaluation of vertebral fracture detection in CT: probability maps and annotations in, a report out."""
