"""Tables about ArduPilot's parameters, as facts of its releases 4.3 to 4.7."""
