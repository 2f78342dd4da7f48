"""The drawing of the flow, made from the topology."""

from pipeline.stage import WorkerSpec
from topics import TOPICS

APPLICATION = "application"


def edges(specs: list[WorkerSpec]) -> list[tuple[str, str, str]]:
    """Who writes which topic, and who reads it, in the order in which data flows.

    What a worker writes for itself alone (its changelog) is no edge.

    Returns:
        Writer, topic, reader.
    """
    writers: dict[str, list[str]] = {
        t.name: [APPLICATION] if t.public else [] for t in TOPICS
    }
    readers: dict[str, list[str]] = {t.name: [] for t in TOPICS}
    for spec in specs:
        for topic in spec.sinks:
            writers[topic.name].append(spec.name)
        for topic in (*spec.sources, *([spec.replica] if spec.replica else [])):
            readers[topic.name].append(spec.name)
    for topic in TOPICS:
        if topic.read_by == f"the {APPLICATION}":
            readers[topic.name].append(APPLICATION)
    return [
        (writer, topic.name, reader)
        for topic in TOPICS
        for writer in writers[topic.name]
        for reader in readers[topic.name]
        if writer != reader
    ]


def drawing(specs: list[WorkerSpec]) -> str:
    """The flow as a Mermaid flow chart."""
    lines = ["flowchart LR", f"    {APPLICATION}([your {APPLICATION}])"]
    lines += [f"    {_id(spec.name)}[{spec.name}]" for spec in specs]
    lines += [f"    {_id(w)} -- {topic} --> {_id(r)}" for w, topic, r in edges(specs)]
    return "\n".join(lines) + "\n"


def _id(name: str) -> str:
    """A name that Mermaid takes for a node."""
    return name.replace(".", "_")
