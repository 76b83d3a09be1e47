"""What PyTorch computed, as `scripts/peers/pytorch_numbers.py` wrote it down, with its version, in pytorch.json."""

import json
from pathlib import Path
from typing import Any

NUMBERS: dict[str, Any] = json.loads(Path(__file__).with_name("pytorch.json").read_text(encoding="utf-8"))
