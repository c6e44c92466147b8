"""What the records say when put side by side: the timeline of their dates, and how much of the world they cover."""
