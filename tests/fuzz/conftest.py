"""How long to look: `FUZZ_EXAMPLES=5000 pytest tests/fuzz` looks longer than CI."""

import os

import hypothesis

if examples := os.environ.get("FUZZ_EXAMPLES"):
    hypothesis.settings.register_profile(
        "fuzz", deadline=None, max_examples=int(examples), print_blob=True
    )
    hypothesis.settings.load_profile("fuzz")
