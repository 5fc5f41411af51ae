"""The file that figures go to as they are taken."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from comparer.bench.measurements import Device, Measurement, Measurements, read_measurements
from comparer.bench.roofline import find_card
from comparer.errors import InputError


class Notebook:
    """A file of measurements that is whole at any moment."""

    def __init__(self, file: Path, measurements: Measurements) -> None:
        self.file = file
        self.measurements = measurements

    def settled(self, task: str) -> bool:
        """Whether that task's record stands; what failed or was skipped is tried again."""
        return any(
            one.id == task and one.status in ("measured", "not_measured") for one in self.measurements.measurements
        )

    def add(self, one: Measurement) -> None:
        """Write `one` down in the place of an earlier record of its task, or at the end."""
        kept = {record.id: record for record in self.measurements.measurements}
        self.measurements = replace(self.measurements, measurements=tuple((kept | {one.id: one}).values()))
        self._save()

    def _save(self) -> None:
        beside = self.file.with_name(f".{self.file.name}.new")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(self.measurements.to_json(), "utf-8")
            beside.replace(self.file)
        except OSError as error:
            raise InputError("bench_unwritable", file=str(self.file), problem=str(error)) from error


def open_notebook(
    file: Path,
    *,
    device: Device,
    versions: Mapping[str, str | None],
    commit: str | None,
    command: str,
    shrunk: bool,
    resume: bool,
    force: bool,
) -> Notebook:
    """A notebook on `file`: a new one, or with `resume` the one that is there.

    Raises InputError when the file is there and neither `resume` nor `force` is said, when it cannot be read, or when
    its figures are of another device or of other versions: they would not be comparable.
    """
    fresh = Measurements(
        date=datetime.now(UTC),
        device=device,
        versions=versions,
        commit=commit,
        commands=(command,),
        peak=find_card(device.name),
        shrunk=shrunk,
    )
    if force or not file.exists():
        return Notebook(file, fresh)
    if not resume:
        raise InputError("bench_file_exists", file=str(file))
    earlier = read_measurements(file)
    for what in ("shrunk", "device", "versions"):
        if getattr(earlier, what) != getattr(fresh, what):
            raise InputError("bench_resume_differs", file=str(file), what=what)
    return Notebook(file, replace(earlier, commands=(*earlier.commands, command)))
