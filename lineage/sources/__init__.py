"""Sources: where raw records come from. Each leaves a table `raw` of text columns in DuckDB."""

import os

# huggingface_hub reads it when it is first imported, and everything that imports it lies in this package: otherwise
# the headers of a request to one server would cause another one to huggingface.co.
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
