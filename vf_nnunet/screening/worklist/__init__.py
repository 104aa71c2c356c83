"""The worklist of a batch: one page with all cases, and small files beside it that its viewer opens."""
