"""The list of users: nothing that opens anything lies in it, and the command line keeps it."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from comparer.access import users
from comparer.access.users import UserList
from comparer.cli import app
from comparer.errors import InputError
from comparer.settings import Settings


def test_passwords_are_kept_as_slow_salted_hashes_only(tmp_path: Path) -> None:
    listed = UserList(tmp_path / "users.json")
    assert listed.put("Ada", "admin", "correct horse battery")
    assert listed.put("  王芳 ", "reviewer", "correct horse battery")
    written = json.loads(listed.file.read_text("utf-8"))["users"]
    assert "correct horse" not in listed.file.read_text("utf-8")
    assert len({one["hash"] for one in written}) == len({one["salt"] for one in written}) == 2
    assert stat.S_IMODE(listed.file.stat().st_mode) == 0o600
    assert users._N * users._R * 128 >= 32 * 2**20 and users._P >= 3
    assert (listed.role("Ada"), listed.role("王芳"), listed.role("Nobody")) == ("admin", "reviewer", None)
    user = listed.verify("王芳", "correct horse battery")
    assert user is not None and user.role == "reviewer"
    for name, password in (
        ("王芳", "correct horse batterY"),
        ("Nobody", "correct horse battery"),
        ("", ""),
        ("Ada", ""),
    ):
        assert listed.verify(name, password) is None


@pytest.mark.usefixtures("quick_passwords")
def test_a_change_is_seen_at_once_by_others(tmp_path: Path) -> None:
    here, elsewhere = UserList(tmp_path / "users.json"), UserList(tmp_path / "users.json")
    here.put("Ada", "admin", "first password")
    assert elsewhere.role("Ada") == "admin"
    assert not here.put("Ada", "reviewer", "second password")
    assert elsewhere.role("Ada") == "reviewer" and elsewhere.verify("Ada", "first password") is None
    here.remove("Ada")
    assert elsewhere.role("Ada") is None and elsewhere.names() == ()


@pytest.mark.parametrize(
    ("name", "role", "password", "code"),
    [
        ("", "admin", "long enough", "user_name_unusable"),
        ("a\x07b", "admin", "long enough", "user_name_unusable"),
        ("a" * 81, "admin", "long enough", "user_name_unusable"),
        ("Ada", "root", "long enough", "role_unknown"),
        ("Ada", "admin", "short", "password_unusable"),
        ("Ada", "admin", "x" * 201, "password_unusable"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, name: str, role: str, password: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        UserList(tmp_path / "users.json").put(name, role, password)  # type: ignore[arg-type]
    assert refused.value.code == code and not (tmp_path / "users.json").exists()


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"users": [{"name": "Ada"}]}', '{"users": 3}'])
def test_a_broken_list_lets_nobody_in(tmp_path: Path, broken: str) -> None:
    listed = UserList(tmp_path / "users.json")
    listed.file.write_text(broken, "utf-8")
    for ask in (lambda: listed.role("Ada"), lambda: listed.verify("Ada", "x"), lambda: listed.remove("Ada")):
        with pytest.raises(InputError, match="cannot be read"):
            ask()
    listed.file.write_text('{"users": [{"name": "Ada", "role": "root", "salt": "", "hash": ""}]}', "utf-8")
    assert listed.role("Ada") is None and listed.verify("Ada", "") is None


@pytest.mark.usefixtures("quick_passwords")
def test_the_command_line(tmp_path: Path) -> None:
    file = str(tmp_path / "users.json")

    def run(*words: str, said: str = "") -> str:
        result = CliRunner().invoke(app, ["user", *words, "--users-file", file], input=said)
        assert result.exit_code == 0, result.output
        return result.output

    typed = "correct horse 1\ncorrect horse 1\n"
    output = run("add", "Ada", "--role", "admin", said=typed)
    assert "Added Ada, admin" in output and "correct" not in output
    assert "Changed Ada, reviewer" in run("add", "Ada", said=typed)
    assert run("list").split() == ["Ada", "reviewer"]
    assert "Removed Ada" in run("remove", "Ada")
    assert CliRunner().invoke(app, ["user", "remove", "Ada", "--users-file", file]).exit_code == 1
    assert (
        CliRunner().invoke(app, ["user", "add", "Ada", "--role", "root", "--users-file", file], input=typed).exit_code
        == 2
    )


@pytest.mark.usefixtures("quick_passwords")
def test_the_list_lies_where_the_dashboard_of_that_data_folder_reads_it(tmp_path: Path) -> None:
    typed = "correct horse 1\ncorrect horse 1\n"
    folder = tmp_path / "data"
    added = CliRunner().invoke(app, ["user", "add", "Ada", "--data-dir", str(folder)], input=typed)
    assert added.exit_code == 0, added.output
    assert UserList(Settings(data_dir=folder).list_of_users).role("Ada") == "reviewer"

    def run(*words: str) -> list[str]:
        result = CliRunner().invoke(app, ["user", *words])
        assert result.exit_code == 0, result.output
        return result.output.split()

    assert run("list", "--data-dir", str(folder)) == ["Ada", "reviewer"]
    assert not run("list", "--data-dir", str(tmp_path / "another"))
    run("remove", "Ada", "--data-dir", str(folder))
    assert not run("list", "--data-dir", str(folder)) and UserList(folder / "users.json").names() == ()
