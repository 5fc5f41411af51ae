"""`comparer user`: who may sign in to a dashboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comparer.commands.saying import say
from comparer.settings import Settings

if TYPE_CHECKING:
    from comparer.access.users import UserList

user = typer.Typer(no_args_is_help=True, help="Say who may sign in to a dashboard that runs with --access users.")

_USERS_FILE = typer.Option("--users-file", help="list of users; users.json in the data folder by default")
_USERS_DIR = typer.Option("--data-dir", help="data folder of the dashboard")


@user.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="as they sign in, and as their ratings are shown")],
    role: Annotated[str, typer.Option(help="reviewer or admin")] = "reviewer",
    password: Annotated[
        str,
        typer.Option(
            help="asked for when left out; better not written here, where others may read it",
            envvar="COMPARER_PASSWORD",
            prompt=True,
            confirmation_prompt=True,
            hide_input=True,
        ),
    ] = "",
    users_file: Annotated[Path | None, _USERS_FILE] = None,
    data_dir: Annotated[Path | None, _USERS_DIR] = None,
) -> None:
    """Add somebody, or give them another role and password; a running dashboard knows at once."""
    from comparer.access.roles import ROLES

    users = _users(users_file, data_dir)
    known = next((one for one in ROLES if one == role), None)
    if known is None:
        raise typer.BadParameter(f"--role {role}: there are {' and '.join(ROLES)}")
    new = users.put(name, known, password)
    say(f"{'Added' if new else 'Changed'} {name}, {known}, in {users.file}.")


@user.command("remove")
def user_remove(
    name: Annotated[str, typer.Argument()],
    users_file: Annotated[Path | None, _USERS_FILE] = None,
    data_dir: Annotated[Path | None, _USERS_DIR] = None,
) -> None:
    """Take somebody off the list; they are signed out at once, and their ratings stay."""
    users = _users(users_file, data_dir)
    users.remove(name)
    say(f"Removed {name} from {users.file}.")


@user.command("list")
def user_list(
    users_file: Annotated[Path | None, _USERS_FILE] = None, data_dir: Annotated[Path | None, _USERS_DIR] = None
) -> None:
    """Show who may sign in, and their roles."""
    users = _users(users_file, data_dir)
    for name in users.names():
        say(f"{name}  {users.role(name)}")


def _users(file: Path | None, data_dir: Path | None) -> "UserList":
    """The list that `app.py` reads with the same options."""
    from comparer.access.users import UserList

    settings = Settings()
    given = {"users_file": file or settings.users_file, "data_dir": data_dir or settings.data_dir}
    return UserList(settings.model_copy(update=given).list_of_users)
