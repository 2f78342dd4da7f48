"""The graph of workers, for those commands that need it."""

from pipeline.settings import Settings
from pipeline.stage import WorkerSpec


def specs(settings: Settings) -> dict[str, WorkerSpec]:
    """Every worker by name, in the order in which data flows."""
    from pipeline.topology import workers  # noqa: PLC0415  # as slow as all else

    return workers(settings)


def spec(name: str, settings: Settings) -> WorkerSpec:
    """One worker; what others need is not imported."""
    from pipeline.topology import worker  # noqa: PLC0415  # as slow as its stage

    return worker(name, settings)
