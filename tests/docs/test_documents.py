"""What is made from the code is up to date: schemas, tables, the drawing."""

import tomllib

from pipeline.apps.documents import ROOT, documents
from pipeline.apps.drawing import edges
from pipeline.settings import Settings, load_settings
from pipeline.topology import workers


def test_what_is_generated_is_what_the_code_gives() -> None:
    written = {name: (ROOT / name).read_text() for name in documents()}
    assert written == documents(), "run `python -m pipeline.apps.documents`"


def test_the_drawing_leads_from_the_application_through_all_workers_and_back() -> None:
    specs = workers(Settings())
    flow = edges(list(specs.values()))
    reached = {"application"}
    for _ in flow:
        reached |= {reader for writer, _, reader in flow if writer in reached}
    assert reached == {"application", *specs}
    assert ("publish", "recommendations", "application") in flow


def test_the_annotated_settings_are_read_as_the_defaults() -> None:
    path = ROOT / "deploy/kairec.toml"
    assert load_settings({"KAIREC_CONFIG": str(path)}) == Settings()
    assert tomllib.loads(path.read_text())["partitions"] == Settings().partitions
