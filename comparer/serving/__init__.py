"""What stands between a browser and the page. Knows nothing of Gradio and of the page's contents."""
