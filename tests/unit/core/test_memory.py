"""What is free goes back to the system: a web worker stays small after many passwords."""

import subprocess
import sys

import pytest

HASHES = """
import sys
from core.memory import give_back

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024

if sys.argv[1] == "back":
    give_back()
before = resident()
for _ in range(3):
    block = bytearray(b"x") * (19 << 20)
    del block
print(resident() - before)
"""


@pytest.mark.urs("URS-130")
def test_large_blocks_are_given_back() -> None:
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", HASHES, way], capture_output=True, check=True).stdout)
        for way in ("kept", "back")
    )
    assert kept >= 15, "without the setting they stay: else it is needless"
    assert given_back <= 2
