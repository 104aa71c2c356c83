"""Organs, vessels, muscles, fat and the couch."""
