"""New CTs through a trained model: probability maps, findings and a picture of each."""
