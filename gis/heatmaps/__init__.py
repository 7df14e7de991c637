"""Several heat maps of one place: merged into one, or compared before and after."""
