"""One list of options: flags of `app.py`, `COMPARER_*` environment variables and the README's table.

Knows nothing of what the options do.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Options of the dashboard; a flag `--data-dir` is the variable `COMPARER_DATA_DIR`."""

    model_config = SettingsConfigDict(
        env_prefix="COMPARER_",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_prog_name="app.py",
        cli_hide_none_type=True,
        extra="ignore",
    )

    lineup: str = Field(
        "auto", description="shipped lineup, path of a lineup file, or auto: Qwen3-VL where it can run, else demo"
    )
    host: str = Field(
        default_factory=lambda: os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),  # a Space sets it
        description="address to listen on; 0.0.0.0 for all",
    )
    port: int = Field(7860, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    root_path: str = Field("", description="path prefix behind a reverse proxy, such as /compare")
    data_dir: Path = Field(Path("comparer-data"), description="folder of the database and the pictures")
    database_url: str | None = Field(
        None, description="SQLAlchemy address of the database; SQLite in the data folder by default"
    )
    language: Literal["auto", "en", "zh"] = Field("auto", description="first language of the page")
    max_upload_mb: int = Field(20, ge=1, le=200, description="largest picture file, in megabytes")
    max_new_tokens: int = Field(512, ge=1, le=32768, description="longest answer at first, in tokens")
    max_image_tokens: int = Field(
        1280, ge=64, le=16384, description="pixel budget of a picture at first, in image tokens of 32 x 32 pixels"
    )
    stall_s: float = Field(180.0, gt=0, description="seconds without a token after which a column is given up")
    load_limit_s: float = Field(1800.0, gt=0, description="seconds that loading a model may take")
    max_visitors: int = Field(200, ge=1, description="browser sessions kept in memory")
    preload: Literal["auto", "always", "never"] = Field(
        "auto",
        description="load the models at start: always, never, or auto (demo and served ones)",
    )
    max_questions: int = Field(
        128, ge=1, le=10_000, description="questions under way at a time in all; further ones are refused"
    )
    shutdown_grace_s: float = Field(
        8.0, ge=0, description="seconds that running answers may still take when the dashboard is told to end"
    )
    log_format: Literal["text", "json"] = Field("text", description="lines for people, or one JSON object a line")
    log_level: Literal["debug", "info", "warning"] = Field("info", description="debug adds every HTTP request")
    metrics: Literal["loopback", "open", "off"] = Field(
        "loopback", description="who may read /metrics: programs on this computer, everybody, nobody"
    )
    sqlite_journal: Literal["WAL", "DELETE"] = Field(
        "WAL", description="of a SQLite file: DELETE on a network mount, which one process then has to itself"
    )
