"""The chest between and in the lungs: heart, great vessels, oesophagus."""
