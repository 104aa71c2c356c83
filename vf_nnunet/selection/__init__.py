"""The paper's model selection: its three configurations compared on one split (Table 1, Figure 3)."""
