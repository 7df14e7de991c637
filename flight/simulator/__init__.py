"""The embedded copter: a process of ours that answers over MAVLink like ArduCopter 4.6.

Its motion and battery are its own and it knows nothing of missions or planning, so that a planner does not
grade itself. Start it with `python -m flight.simulator`; `Copter` in `copter.py` is the pure vehicle.
"""
