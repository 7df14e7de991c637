"""Tables that ship with the thermal room."""
