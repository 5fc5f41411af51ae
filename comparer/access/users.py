"""The list of people who may sign in: names, roles, and salted hashes of their passwords (scrypt). Never a password.

The file is read again when it has changed, so that `comparer user` works while the dashboard runs.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock

from comparer.access.roles import ROLES, Role
from comparer.errors import InputError

MIN_PASSWORD = 10
MAX_PASSWORD = 200
MAX_NAME = 80
_N, _R, _P = 2**15, 8, 3
"""32 MiB and some tenths of a second a try: one of OWASP's equivalent settings (Password Storage Cheat Sheet)."""
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class User:
    """One line of the list."""

    name: str
    role: Role
    salt: str
    hash: str


class UserList:
    """The users in one file; threads may share it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._users: dict[str, User] = {}

    def role(self, name: str) -> Role | None:
        """What somebody may do now; None for nobody on the list."""
        user = self._read().get(name)
        return user.role if user else None

    def stamp(self, name: str) -> str:
        """What changes whenever somebody gets a password; "" for nobody on the list."""
        user = self._read().get(name)
        return user.salt if user else ""

    def names(self) -> tuple[str, ...]:
        """Everybody on the list, in the order of the alphabet."""
        return tuple(sorted(self._read()))

    def verify(self, name: str, password: str) -> User | None:
        """The user of that name and password; None otherwise, after the same work for unknown names."""
        user = self._read().get(clean_name(name))
        salt = base64.b64decode(user.salt) if user else bytes(_SALT_BYTES)
        made = _hash(password[:MAX_PASSWORD], salt)
        same = hmac.compare_digest(made, user.hash if user else "")
        return user if user and same else None

    def put(self, name: str, role: Role, password: str) -> bool:
        """Add somebody, or give them another role and password; whether they were new.

        Raises InputError `user_name_unusable`, `role_unknown` or `password_unusable`.
        """
        name = clean_name(name)
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise InputError("user_name_unusable", limit=MAX_NAME)
        if role not in ROLES:
            raise InputError("role_unknown", role=str(role)[:40], known=", ".join(ROLES))
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise InputError("password_unusable", least=MIN_PASSWORD, most=MAX_PASSWORD)
        salt = secrets.token_bytes(_SALT_BYTES)
        user = User(name, role, base64.b64encode(salt).decode("ascii"), _hash(password, salt))
        with self._changing() as users:
            new = name not in users
            users[name] = user
        return new

    def remove(self, name: str) -> None:
        """Take somebody off the list; they are signed out at once. Raises InputError `unknown_user`."""
        name = clean_name(name)
        with self._changing() as users:
            if name not in users:
                raise InputError("unknown_user", user=name[:MAX_NAME])
            del users[name]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        """The users, to be changed; the file is replaced as a whole, and only its owner can read it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.file.with_name(f".{self.file.name}.lock")):
            users = dict(self._read())
            yield users
            listed = [asdict(users[name]) for name in sorted(users)]
            with NamedTemporaryFile("w", dir=self.file.parent, delete=False, encoding="utf-8") as part:
                json.dump({"users": listed}, part, ensure_ascii=False, indent=1)
                part.flush()
                os.fsync(part.fileno())
            Path(part.name).replace(self.file)

    def _read(self) -> dict[str, User]:
        """The users as the file has them now; nobody where there is no file. Raises InputError `user_list_broken`."""
        try:
            state = self.file.stat()
        except FileNotFoundError:
            return {}
        with self._lock:
            if self._seen != (state.st_mtime_ns, state.st_ino):
                try:
                    listed = json.loads(self.file.read_text("utf-8"))["users"]
                    users = [User(**{key: str(one[key]) for key in User.__slots__}) for one in listed]  # type: ignore[arg-type]
                except (OSError, ValueError, KeyError, TypeError) as error:
                    raise InputError("user_list_broken", file=str(self.file)) from error
                self._users = {user.name: user for user in users if user.role in ROLES}
                self._seen = (state.st_mtime_ns, state.st_ino)
            return self._users


def clean_name(name: str) -> str:
    """A name as it is kept: composed characters, single blanks, as with reviewers."""
    return " ".join(unicodedata.normalize("NFC", name[: 4 * MAX_NAME]).split())


def _hash(password: str, salt: bytes) -> str:
    made = hashlib.scrypt(
        unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass"),
        salt=salt,
        n=_N,
        r=_R,
        p=_P,
        maxmem=256 * _N * _R,
        dklen=32,
    )
    return base64.b64encode(made).decode("ascii")
