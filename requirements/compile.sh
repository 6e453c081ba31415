#!/bin/sh
# Pin every package with hashes, for all platforms and Python 3.11 to 3.13. Run by `make requirements`.
#
# One resolution of everything first, then each file under that constraint: whatever is installed on top of
# whatever, versions never differ. No index lines and no host names are written.
set -eu
cd "$(dirname "$0")/.."

compile() {
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
    --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command "make requirements" "$@"
}

everything=$(mktemp)
trap 'rm -f "$everything"' EXIT
compile pyproject.toml requirements/build.in --all-extras --group dev --output-file "$everything"

compile pyproject.toml --constraints "$everything" --output-file requirements/base.txt
compile requirements/build.in --constraints "$everything" --output-file requirements/build.txt
compile pyproject.toml --group dev --constraints "$everything" --output-file requirements/dev.txt
for extra in $(sed -n '/^\[project.optional-dependencies\]/,/^\[/s/^\([a-z0-9-]*\) = .*/\1/p' pyproject.toml); do
  compile pyproject.toml --extra "$extra" --constraints "$everything" --output-file "requirements/$extra.txt"
done
