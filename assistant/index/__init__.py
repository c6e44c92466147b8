"""The derived index: words, vectors, embedder, manifest; built beside the one in use and swapped by one rename."""
