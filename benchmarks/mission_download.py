"""Downloads of 200 items through a relay that loses frames at random, each way alike, or delays them.

A download counts as good when it is what a clean connection put on the vehicle; F counts downloads that a
client called complete and that were not.

Usage: python benchmarks/mission_download.py [--runs "0 %=20;20 %=60" --clients "skyshade;MAVSDK" --help]
"""

from transfer_table import main

if __name__ == "__main__":
    main("download")
