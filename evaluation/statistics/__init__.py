"""ROC curves, intervals and operating points from arrays of scores."""
