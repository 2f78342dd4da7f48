"""`kairec settings`: every setting there is."""

from pipeline.cli.terminal import console, table
from pipeline.settings import PREFIX, load_settings
from pipeline.settings import table as all_settings


def settings() -> None:
    """List every setting: its name, its value here, its default, what it means.

    Set one in the environment, or in the TOML file that KAIREC_CONFIG names.

    Example: KAIREC_PARTITIONS=16 kairec settings
    """
    here = load_settings()
    shown = table("setting", "environment", "here", "default", "meaning")
    for name, default, meaning in all_settings():
        value = getattr(here, name)
        now = str(value) if value == default else f"[bold]{value}[/]"
        environment = f"{PREFIX}{name.upper()}"
        shown.add_row(name, environment, now, str(default), meaning)
    console().print(shown)
