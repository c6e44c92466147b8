"""Scoring answers and retrieval on gold questions."""
