"""Running the dashboard for others: health, metrics, logs with request ids, an orderly end. Knows no tab."""
