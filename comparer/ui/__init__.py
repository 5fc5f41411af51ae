"""The page: tabs, texts and looks. Everything that knows Gradio is in here."""
