"""Volumes of air and time: what a flight needs, what it may disturb, and who has which."""
