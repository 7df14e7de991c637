"""Drawing a map in pieces: one output tile is one piece of work, whoever does it and wherever."""
