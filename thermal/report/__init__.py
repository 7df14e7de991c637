"""The quality report as a page: words in two languages, plots and pictures, all in one file."""
