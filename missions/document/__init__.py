"""The one-page flight document: what an approval authority asks about a plan, as PDF or HTML."""
