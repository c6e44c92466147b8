"""Records and vocabulary: reading, checking, templates. Nothing here knows about indexes or answers."""
