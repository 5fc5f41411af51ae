"""The embedded demo lineup: how its pictures are drawn and how its three checkpoints are made.

Importing this package costs nothing; its modules import torch and transformers when they are used.
"""
