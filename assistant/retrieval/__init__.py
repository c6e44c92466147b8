"""Question text → passages, by keywords and by vectors, fused by weighted scores."""
