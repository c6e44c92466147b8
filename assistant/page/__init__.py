"""The chat page: one conversation, rendered as our own escaped HTML, served through gradio on FastAPI."""
