"""What each start of each process pays for: printing is loaded without asking other programs."""

import subprocess
import sys

LOAD = """
import sys
sys.addaudithook(lambda event, told: print(told[1]) if event == "subprocess.Popen" else None)
import documents.render
"""


def test_printing_is_loaded_without_starting_a_program() -> None:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    assert done.stdout == ""
