"""Question → what is asked: language, markets, products, marks, instruments, aspects. Pure functions, no model."""
