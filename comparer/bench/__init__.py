"""What models need of a graphics card, measured at their real size.

Importing this package costs nothing. `comparer.bench.gpu` measures and needs torch, transformers and accelerate only
(bitsandbytes for its own rows); `comparer.bench.measurements` reads what was measured and needs nothing.
"""
