"""Certification Assistant: cited answers about product certification and carbon footprints for exporters."""

__version__ = "0.1.0"
