"""The paper's model selection (Table 1, Figure 3): three configurations compared on one split."""
