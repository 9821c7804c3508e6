"""The options of `kezek check`, as the help shows them; light, since every command loads it."""

from pathlib import Path
from typing import Annotated

import typer

Operator = Annotated[
    str | None, typer.Argument(metavar="OPERATOR.toml", help="Operator file, or - for the standard input.")
]
Example = Annotated[str | None, typer.Option(help="Check a shipped example, as under-sold; see --list-examples.")]
AsOf = Annotated[str | None, typer.Option(help="Day of the verdict (default: the file's).")]
KnownOn = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Law by what was public on that day; a value without a publication date counts from its start.",
    ),
]
Profile = Annotated[str, typer.Option(help="Profile of the law: described or published.")]
Reading = Annotated[
    list[str] | None,
    typer.Option("--reading", metavar="Q=POS", help="Choose a position on an open question: QUESTION=POSITION."),
]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept-unconfirmed", metavar="KEY", help="Accept an unconfirmed value of the law by its key."),
]
Explain = Annotated[str | None, typer.Option(metavar="DUTY", help="Explain one duty step by step, as sale.share.")]
Json = Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the verdict as a page.")]
Pdf = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the verdict as a PDF.")]
Ics = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the deadlines ahead as a calendar.")]
New = Annotated[bool, typer.Option("--new", help="Ask for the facts one by one and write a file.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="File that --new writes.")]
Template = Annotated[bool, typer.Option("--template", help="Print an empty operator file.")]
ListExamples = Annotated[bool, typer.Option("--list-examples", help="List the shipped examples with their titles.")]
Law = Annotated[Path | None, typer.Option("--law", metavar="DIR", help="Folder of another law book.")]
Jurisdiction = Annotated[str, typer.Option(help="Whose law: kz, us-dame, ru or cn.")]
ElectricityCost = Annotated[
    str | None, typer.Option(metavar="USD", help='us-dame: electricity of the year, as "1 250 000 USD".')
]
OwnPowerCost = Annotated[str | None, typer.Option(metavar="USD", help="us-dame: cost of own power in the year.")]
Year = Annotated[int | None, typer.Option(help="us-dame: taxable year (default: that of the day).")]
Reported = Annotated[bool | None, typer.Option("--reported/--not-reported", help="ru: whether the address was.")]
