"""Fluent answers from a language model, each sentence checked against the quotes it cites."""
