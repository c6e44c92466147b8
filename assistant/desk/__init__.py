"""The hotline's own data: accounts, audit, answers given, cases, gaps, curated replies. Reads no environment, asks no library."""
