"""The command line: one program, `govwatch`, one small file per command.

Commands are imported only when they are called, so that `sql` or `status` never pays for Prefect.
"""

from __future__ import annotations

import importlib
import sys

import click

from records.errors import ConfigurationError, GovwatchError

_COMMANDS = {
    "run": "one pass: fetch new coverage, detect mentions, deliver alerts",
    "serve": "the schedules of prefect.yaml, their runs and Prefect's UI, in one command",
    "deploy": "put the schedules into a Prefect server, for workers on several machines",
    "seed": "load a seed corpus: texts that are old news",
    "backfill": "load history from archives of saved pages, or from GDELT",
    "sources": "list the sources that are configured; find those of a site",
    "brief": "the news of the last days as one page to open, keep and forward",
    "sql": "query the warehouse, at any time",
    "share": "let analysts on other machines query the warehouse",
    "status": "sources and their health, last passes, what is pending, what failed",
    "report": "what operators get each week: what needs a hand, how govwatch stands, what was missed",
    "check": "validate the configuration",
    "explain": "why an alert or mention exists, or why a URL gave none",
    "backtest": "what the present rules match in the stored corpus; with --apply, write it as history",
    "replay": "read the pages that were kept again with today's extractor and rules",
    "alerts": "list, show, test, retry and silence alerts",
    "feedback": "say whether an alert was relevant",
    "export": "articles, mentions, figures and stories as Parquet, by month and language",
    "backup": "copy the warehouse, and read the whole copy",
    "restore": "put a backup in the place of the warehouse",
    "compact": "write the warehouse's file anew without its holes",
    "doctor": "check that the warehouse is sound, and mend what is safe to mend",
    "demo": "the whole pipeline on a simulated newsroom, offline",
}


class _Commands(click.Group):
    """Finds a command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"flows.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The sentences stand here, so that `--help` imports no command.
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            close = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean '{close[0]}'?", ctx) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="govwatch", prog_name="govwatch")
def program() -> None:
    """Watch the news for named AI-governance initiatives.

    Fetches coverage, finds mentions with the sentence that proves them, and tells each subscriber once per story.
    """


def main(arguments: list[str] | None = None) -> int:
    """Run the program; returns and exits with 0 done, 1 nothing could be done, 2 bad configuration or usage."""
    try:
        result = program.main(args=arguments, prog_name="govwatch", standalone_mode=False)
        code = result if isinstance(result, int) else 0
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except ConfigurationError as error:
        count = len(error.problems)
        click.echo(f"The configuration has {count} mistake{'s' if count != 1 else ''}:", err=True)
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
        click.echo("Mend them, then: govwatch check", err=True)
        code = 2
    except GovwatchError as error:
        # Imported here: only an error needs it.
        from flows.secrecy import mask

        click.echo(f"govwatch: {mask(str(error))}", err=True)
        code = 1
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        sys.stderr.close()
        code = 0
    if arguments is None:
        sys.exit(code)
    return code


__all__ = ["main", "program"]
