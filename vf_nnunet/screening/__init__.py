"""Prediction of new CTs by a trained model: probability maps, findings and a picture for each."""
