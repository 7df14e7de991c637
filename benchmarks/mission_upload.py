"""Uploads of 200 items through a relay that loses frames at random, each way alike, or delays them.

An upload counts as good when a second, clean connection reads back what was sent; F counts uploads that a
client called done and that were not. Seconds are the whole upload as its user waits for it: ours with keeping
the old mission and reading back the new one through the bad link. Flies nothing.

Usage: python benchmarks/mission_upload.py [--runs "0 %=20,20 %=60" --clients skyshade,MAVSDK --help]
"""

from transfer_table import main

if __name__ == "__main__":
    main("upload")
