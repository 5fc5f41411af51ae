"""A stop signal that can be split: setting the parent sets every child, a child leaves its parent alone."""

import threading
from weakref import WeakSet


class CancelToken(threading.Event):
    """An event with children, as long as somebody holds them: one question has a token, each column a child of it."""

    def __init__(self) -> None:
        super().__init__()
        self._children: WeakSet[CancelToken] = WeakSet()
        self._family = threading.Lock()

    def child(self) -> "CancelToken":
        """A token that is set with this one and can be set alone."""
        child = CancelToken()
        with self._family:
            self._children.add(child)
            if self.is_set():
                child.set()
        return child

    def set(self) -> None:
        with self._family:
            super().set()
            for child in self._children:
                child.set()
