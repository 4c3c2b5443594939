"""The trip monitor (S5)."""
