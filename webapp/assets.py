"""Static files, read and compressed once; their address names their content, so that browsers keep them for good.

Our own scripts are joined and minified on the way in (webapp/scripts.py), the style sheet is squeezed.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

from webapp.scripts import served

_COMPRESSIBLE = {".css", ".js", ".svg", ".txt"}
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _File:
    plain: bytes
    gzipped: bytes | None
    media_type: str


_COMMENT = re.compile(r'("[^"]*")|/\*.*?\*/', re.DOTALL)
_SPACE = re.compile(r'("[^"]*")|\s*([{};,>])\s*|(?<=:)\s+|(\s+)')


def squeezed(sheet: str) -> str:
    """A style sheet without its comments and without spaces that mean nothing; strings stay as they are."""
    bare = _COMMENT.sub(lambda found: found[1] or "", sheet)
    packed = _SPACE.sub(lambda found: found[1] or found[2] or (" " if found[3] else ""), bare)
    return packed.replace(";}", "}").strip()


def _read(path: Path, modules: Mapping[str, str]) -> _File:
    plain = served(modules, path.name).encode() if path.name in modules else path.read_bytes()
    if path.suffix == ".css":
        plain = squeezed(plain.decode()).encode()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(plain, gzip.compress(plain, 9, mtime=0) if path.suffix in _COMPRESSIBLE else None, media_type)


class Assets:
    """All files below a folder, in memory (some 300 kB): nothing is read from disk while pages are served."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        modules = {path.name: path.read_text() for path in (folder / "js").glob("*.js")}
        self._files = {path.relative_to(folder).as_posix(): _read(path, modules) for path in paths}
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(f"{name}\0{len(file.plain)}\0".encode() + file.plain)
        self.digest = digest.hexdigest()[:12]

    def address(self, name: str) -> str:
        """Where the file is served; the digest is of the whole folder, so that files may name each other."""
        if name not in self._files:
            raise KeyError(f"There is no static file {name}")
        return f"/static/{self.digest}/{name}"

    def serve(self, digest: str, name: str) -> Response:
        file = self._files.get(name)
        if file is None:
            abort(404)
        response = Response(file.plain, content_type=file.media_type)
        if file.gzipped is not None:
            response.headers["Vary"] = "Accept-Encoding"
            if request.accept_encodings.find("gzip") >= 0:
                response.set_data(file.gzipped)
                response.headers["Content-Encoding"] = "gzip"
        keep = "public, max-age=31536000, immutable" if digest == self.digest else "no-cache"
        response.headers["Cache-Control"] = keep
        return response


def init_app(app: Flask, folder: Path) -> None:
    assets = Assets(folder)
    app.add_url_rule("/static/<digest>/<path:name>", "static", assets.serve)
    app.jinja_env.globals["static_url"] = assets.address
