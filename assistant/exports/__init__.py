"""Answers, cases and figures as files."""
