"""Documents that are made from the code: schemas, AsyncAPI, tables, the drawing.

`python -m pipeline.apps.documents` writes them; a test holds that they are up to date.
"""

from pathlib import Path

import yaml

from pipeline.apps.drawing import drawing
from pipeline.settings import Settings, table
from pipeline.topology import workers
from topics import TOPICS, codec
from topics.policy import topic_settings
from topics.spec import DAY_MS, Format, Names, TopicSpec

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- drawing -->\n```mermaid\n", "```\n<!-- /drawing -->"


def documents() -> dict[str, str]:
    """Text of each generated file, by its path."""
    found = {
        f"topics/schemas/{spec.name}.json": codec.schema_text(spec)
        for spec in TOPICS
        if spec.format is not Format.ROW
    }
    asyncapi = yaml.safe_dump(_asyncapi(), sort_keys=False, width=88)
    found["topics/asyncapi.yaml"] = asyncapi
    found["topics/README.md"] = _table()
    found["deploy/kairec.toml"] = _settings()
    found["README.md"] = _with_drawing((ROOT / "README.md").read_text())
    return found


def _with_drawing(readme: str) -> str:
    before, rest = readme.split(BEGIN)
    after = rest.split(END)[1]
    specs = list(workers(Settings()).values())
    return f"{before}{BEGIN}{drawing(specs)}{END}{after}"


def _settings() -> str:
    lines = ["# Every setting with its default; KAIREC_CONFIG names the file to read."]
    for name, default, meaning in table():
        written = f'"{default}"' if isinstance(default, str) else str(default)
        lines += ["", f"# {meaning}.", f"{name} = {written}"]
    return "\n".join(lines) + "\n"


def _asyncapi() -> dict[str, object]:
    """The application's side, as AsyncAPI 3.0."""
    channels: dict[str, object] = {}
    operations: dict[str, object] = {}
    for spec in TOPICS:
        outwards = spec.read_by == "the application"
        if not (spec.public or outwards):
            continue
        channels[spec.name] = {
            "address": Names().topic(spec.name),
            "description": _first_line(spec),
            "messages": {
                spec.record.__name__: {
                    "contentType": "application/json",
                    "payload": {"$ref": f"schemas/{spec.name}.json"},
                    "bindings": {"kafka": {"key": {"type": "string"}}},
                }
            },
            "bindings": {"kafka": {"topicConfiguration": _kafka(spec)}},
        }
        operations[spec.name] = {
            "action": "send" if outwards else "receive",
            "channel": {"$ref": f"#/channels/{spec.name}"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kairec", "version": "1", "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
    }


def _kafka(spec: TopicSpec) -> dict[str, object]:
    settings = topic_settings(spec)
    found: dict[str, object] = {"cleanup.policy": [settings["cleanup.policy"]]}
    if spec.retention_ms is not None:
        found["retention.ms"] = spec.retention_ms
    return found


def _table() -> str:
    rows = [
        "# Topics",
        "",
        "Made by `python -m pipeline.apps.documents` from the modules beside it.",
        "",
        "| topic | key | value | kept | version | written by | read by |",
        "|---|---|---|---|--:|---|---|",
    ]
    for spec in TOPICS:
        kept = "compacted"
        if spec.retention_ms is not None:
            days = spec.retention_ms // DAY_MS
            kept = "1 day" if days == 1 else f"{days} days"
        value = f"`{spec.record.__name__}`, {spec.format}"
        if spec.format is not Format.ROW:
            value = (
                f"[`{spec.record.__name__}`](schemas/{spec.name}.json), {spec.format}"
            )
        cells = (
            f"`{Names().topic(spec.name)}`",
            spec.key,
            value,
            kept,
            str(spec.version),
            spec.written_by,
            spec.read_by,
        )
        rows.append(f"| {' | '.join(cells)} |")
    rows += [
        "",
        "Each topic of the application has a dead-letter topic `<topic>.dlq`, kept 14 "
        "days. `samples` has one partition; all others have the same number.",
        "",
    ]
    return "\n".join(rows)


def _first_line(spec: TopicSpec) -> str:
    return (spec.record.__doc__ or "").splitlines()[0]


def main() -> None:
    """Write the documents."""
    for name, text in documents().items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
