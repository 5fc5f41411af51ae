"""Compare vision-language models side by side and find the smallest that is enough.

Importing this package costs milliseconds: torch, transformers and plotly are imported on first use.
"""

__version__ = "0.1.0"
