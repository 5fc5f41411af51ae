"""Which weights answer, as a name: ratings of one name are never mixed with those of another.

Reads files and the lineup only: no weights, no network.
"""

from urllib.parse import urlsplit

from comparer.engines.checkpoint import checkpoint_identity
from comparer.lineup import ModelSpec


def model_identity(spec: ModelSpec) -> str:
    """The name of the weights behind `spec`.

    For a served model that is its name and where it is served ("Qwen/Qwen3-VL-8B-Instruct@gpu-1:8002"): the same in
    every process, and before the server is asked. What stands behind the two is up to whoever runs the server.
    """
    if spec.endpoint is None:
        return checkpoint_identity(spec.model)
    address = urlsplit(spec.endpoint)
    return f"{spec.model}@{address.netloc}{address.path.removesuffix('/v1')}"
