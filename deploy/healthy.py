"""`python healthy.py NAME`: exit 0 where the component NAME said within seconds that it is ready.

A container's health check. It runs every few seconds in each container, so it reads the one file
$KENH_STATE/run/NAME.json and imports nothing of Kênh.
"""

import json
import os
import sys
import time
from pathlib import Path

FRESH_SECONDS = 10.0


def complaint(beat_file: Path, now: float) -> str:
    """What is wrong with the component that writes `beat_file`; "" where it is well."""
    try:
        beat = json.loads(beat_file.read_bytes())
        state, age = str(beat["state"]), now - float(beat["at"]) / 1000
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"no word from it: {error}"
    if age > FRESH_SECONDS:
        return f"its last word is {age:.0f} s old"
    return "" if state == "ready" else f"it is {state}"


if __name__ == "__main__":
    found = complaint(Path(os.environ["KENH_STATE"], "run", f"{sys.argv[1]}.json"), time.time())
    sys.exit(f"{sys.argv[1]}: {found}" if found else 0)
