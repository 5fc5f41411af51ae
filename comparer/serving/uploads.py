"""A folder of its own for what visitors upload to this process.

Gradio names uploads by their content and deletes, when it ends, those that it took in. In a shared folder one
dashboard that ends would take the same picture away from the visitors of another.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

VARIABLE = "GRADIO_TEMP_DIR"


@contextmanager
def own_uploads() -> Iterator[None]:
    """Use such a folder while the block runs, before any part of the page is made; one that is set already stays."""
    if os.environ.get(VARIABLE):
        yield
        return
    with TemporaryDirectory(prefix="comparer-uploads-", ignore_cleanup_errors=True) as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[VARIABLE]
