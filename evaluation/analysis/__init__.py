"""All numbers of an evaluation, from scoring to the summary."""
