"""`skyshade mission document`: the page that an approval authority asks for."""

from pathlib import Path
from typing import Any

import click

from skyshade.cli.day_options import day_options, known_of
from skyshade.cli.options import IN_FILE, OUT_FILE
from skyshade.cli.output import emit, json_option

KINDS = (".pdf", ".html")


@click.command("document")
@click.argument("plan", type=IN_FILE)
@click.option("-o", "--out", required=True, type=OUT_FILE, help="The page to write: .pdf or .html.")
@click.option(
    "--lang", type=click.Choice(["ko", "en"]), default="ko", show_default=True, help="Language of the page."
)
@click.option("--size-m", type=float, help="The aircraft's greatest dimension, for the SORA volumes.")
@click.option("--font", type=IN_FILE, help="A TrueType font with Korean letters.  [default: NanumGothic]")
@day_options
@json_option
def document(
    *,
    plan: Path,
    out: Path,
    lang: str,
    size_m: float | None,
    font: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Write the one-page flight document: map, times, heights, volumes, checks, blanks for contacts.

    What is not given stands as not known.

    \b
    Example: skyshade mission document park.plan -o park.pdf --aircraft quad-4kg --size-m 0.9
             --dem dem.tif --at 2025-07-26T14:00+09:00
    """
    from missions.checks import case_of
    from missions.document.facts import flight_facts
    from missions.document.words import Language
    from missions.formats import read_plan

    if out.suffix.lower() not in KINDS:
        raise click.UsageError(f"-o must end in .pdf or .html, got {out.name}")
    if size_m is not None and not 0.0 < size_m < 50.0:
        raise click.UsageError(f"--size-m must be between 0 and 50, got {size_m:g}")
    case = case_of(read_plan(plan), **known_of(options))
    facts = flight_facts(case, plan, size_m=size_m)
    language = Language(lang)
    if out.suffix.lower() == ".pdf":
        from missions.document.pdf import write_document_pdf

        write_document_pdf(facts, out, language, font=font)
    else:
        from missions.document.page import write_document_html

        write_document_html(facts, out, language)
    emit({"path": out, "mark": facts.mark}, as_json=as_json, lines=[f"{out}: {facts.name}, {facts.mark}"])
