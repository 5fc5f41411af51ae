"""What it takes to run a model: memory predicted from its configuration, prices, what a load costs, and the choice.

Pure but for the two files that it reads: a checkpoint's `config.json` and `assets/prices.toml`. Unknown stays None.
"""
