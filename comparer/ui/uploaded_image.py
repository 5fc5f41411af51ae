"""An image component that hands on the uploaded file as it is.

Gradio's own decodes it first and answers a damaged file with an error of its own; here `comparer.pictures` reads it
and says what is wrong. (Gradio writes a `.pyi` beside every module that defines a component.)
"""

import gradio as gr
from gradio.data_classes import ImageData


class UploadedImage(gr.Image):
    """`gr.Image` whose value is the uploaded file's path, untouched."""

    is_template = True  # the browser knows it as an ordinary Image

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The path of the uploaded file; None without one."""
        return payload.path if payload else None
