"""The form of the database over time."""
