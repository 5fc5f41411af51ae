"""One list of options: flags of `app.py`, `COMPARER_*` environment variables and the README's table.

Knows nothing of what the options do.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import ByteSize, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _on_a_space() -> bool:
    return "SPACE_ID" in os.environ


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
    access: Literal["open", "users", "huggingface"] = Field(
        "open", description="who may use it: open, users (a list, see `comparer user`), or huggingface (on a Space)"
    )
    shared: bool = Field(
        default_factory=_on_a_space,
        description="strangers use it: visitors are kept apart, limited, and no admins unless they sign in",
    )
    users_file: Path | None = Field(None, description="list of users; users.json in the data folder by default")
    admins: str = Field("", description="with huggingface: user names of the admins, with commas between them")
    trust_proxy: bool = Field(
        default_factory=_on_a_space, description="believe the proxy: visitors' addresses, the host's name, HTTPS"
    )
    retention_days: int | None = Field(
        None, ge=1, description="delete conversations and pictures after so many days, unless starred"
    )
    visitor_questions: int | None = Field(None, ge=1, description="questions a minute of one visitor")
    visitor_at_once: int | None = Field(None, ge=1, description="questions of one visitor at a time")
    visitor_picture_mb: int | None = Field(None, ge=1, le=200, description="largest picture file of a visitor")
    visitor_tokens: int | None = Field(None, ge=1, le=32768, description="longest answer that a visitor may ask for")
    preload: Literal["auto", "always", "never"] = Field(
        "auto",
        description="load the models at start: always, never, or auto (demo and served ones)",
    )
    memory_budget: ByteSize | None = Field(
        None, gt=0, description="weights that may be in memory on each device, such as 40GiB; what is free by default"
    )
    idle_release_min: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="idle minutes until a model leaves memory, 0 for never; by default 15 on a GPU, never on a CPU",
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

    @field_validator("host")
    @classmethod
    def _as_in_an_address(cls, host: str) -> str:
        """An IPv6 address in brackets, as it stands before a port."""
        return f"[{host}]" if ":" in host and not host.startswith("[") else host

    @property
    def is_open_to_all(self) -> bool:
        """Whether whoever reaches it may do everything."""
        return self.access == "open" and not self.shared

    @property
    def list_of_users(self) -> Path:
        """The file with the users."""
        return self.users_file or self.data_dir / "users.json"
