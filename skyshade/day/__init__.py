"""A whole day of deliveries, simulated on embedded copters in one process."""
