"""The commands put together, and what becomes of their errors."""

import os
import sys
from importlib import import_module

import typer

from pipeline.apps.errors import AppError
from pipeline.cli.signals import EndedBySignal
from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.faults import Stop
from pipeline.runtime.kafka.plain import ClientError
from pipeline.settings import BadSettings

USAGE = 2
INTERRUPTED = 130
# What a command line that cannot be parsed raises; typer keeps the class to itself.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

COMMANDS = (
    *("kafka", "topics", "demo", "up", "worker", "replay", "send", "watch", "status"),
    *("verify", "evaluate", "dlq", "bench", "forget", "settings"),
)
"""Each is the name of a module beside this one, and of the command in it."""


def make_app(asked: str) -> typer.Typer:
    """The command line; of commands that were not asked for, nothing is imported.

    Args:
        asked: The first argument; all commands are there if it is none of them.
    """
    app = typer.Typer(
        name="kairec",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback(
        help="Real-time recommendations on Apache Kafka that learn from every event."
    )(lambda: None)
    for name in (asked,) if asked in COMMANDS else COMMANDS:
        command = getattr(import_module(f"pipeline.cli.{name}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command()(command)
    return app


def run() -> None:
    """Run a command; an error of ours is one line that names cause and remedy."""
    try:
        code = _code()
    except BrokenPipeError:
        # Who reads our output wants no more; at exit Python would try to flush it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _code() -> int:
    """Run it; the exit code: 2 for what was asked wrongly, 130 for Ctrl-C."""
    try:
        _check_text(sys.argv)
        app = make_app(next(iter(sys.argv[1:]), ""))
        returned = app(prog_name="kairec", standalone_mode=False)
        return returned if isinstance(returned, int) else 0
    except UsageError as error:
        return _usage(error)
    except (AppError, BadSettings, BrokerError) as error:
        code = _tell(error, USAGE)
    except Stop as stop:
        code = _tell(stop, stop.code)
    except ClientError as error:
        code = _tell(f"Kafka: {error}; is it up? see `kairec status`", 1)
    except EndedBySignal as ended:
        code = ended.code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        where = error.filename or "the machine"
        why = error.strerror or error
        code = _tell(f"{where}: {why}; look at its permissions and the space left", 1)
    return code


def _check_text(arguments: list[str]) -> None:
    """Refuse bytes that are no text: they could be no id either.

    Raises:
        AppError: naming the argument.
    """
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise AppError(f"argument {argument!r} is not UTF-8") from None


def _usage(error: Exception) -> int:
    """Say what was asked wrongly in a line; no command at all: say which there are."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error)
        return USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "kairec"
    told = getattr(error, "format_message", lambda: str(error))()
    return _tell(f"{told.rstrip('.')}: see `{path} --help`", USAGE)


def _tell(error: object, code: int) -> int:
    print(f"kairec: {error}", file=sys.stderr)
    for note in getattr(error, "__notes__", ()):
        print(note, file=sys.stderr)
    return code
