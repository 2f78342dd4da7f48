"""Hit rate over the stream, as a picture."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from pipeline.apps.errors import AppError
from pipeline.apps.evaluate.contest import Outcome

BEST_PEERS = 6
"""So many peers are drawn, those with the highest hit rate."""


def draw(path: Path, title: str, outcomes: Mapping[str, Outcome]) -> None:
    """Write a PNG (or what the name ends with).

    Args:
        path: Where to.
        title: Above it.
        outcomes: By contender, Kairec first.

    Raises:
        AppError: the file cannot be written.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  # only who plots needs it

    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    first, *others = outcomes
    others.sort(key=lambda name: -outcomes[name].report.all.hr_10)
    for name in [first, *others[:BEST_PEERS]]:
        report = outcomes[name].report
        axes.plot(
            [window.middle for window in report.windows],
            [window.hr_10 for window in report.windows],
            label=f"{name} ({report.all.hr_10:.3f})",
            linewidth=2.5 if name == first else 1.2,
        )
    axes.set(title=title, xlabel="share of the stream", ylabel="HR@10", ylim=(0, None))
    axes.legend()
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise AppError(f"cannot write {path}: {error}") from error


def check_plot(path: Path | None) -> None:
    """Refuse what could not be drawn, before the long work.

    Raises:
        AppError: matplotlib is not there, or the folder, or no such format.
    """
    if path is None:
        return
    if find_spec("matplotlib") is None:
        raise AppError("--plot needs matplotlib: pip install 'kairec[bench]'")
    if not path.parent.is_dir():
        raise AppError(f"cannot write {path}: there is no folder {path.parent}")
    from matplotlib.backend_bases import FigureCanvasBase  # noqa: PLC0415  # as above

    known = FigureCanvasBase.filetypes
    if path.suffix.removeprefix(".").lower() not in known:
        raise AppError(f"cannot draw {path}: its name may end with {', '.join(known)}")
