"""Organs, vessels, muscles and the couch."""
