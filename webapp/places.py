"""Where `templates`, `static` and `seeds` are: beside the package in the tree, inside it once installed."""

from pathlib import Path


def place(name: str) -> Path:
    """The folder called `name`, for reading only."""
    package = Path(__file__).parent
    installed = package / name
    return installed if installed.is_dir() else package.parent / name
