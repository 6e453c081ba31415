#!/bin/sh
# Installs gapmatch into ~/.local/share/gapmatch without a network; workspaces elsewhere stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${GAPMATCH_HOME:-"$HOME/.local/share/gapmatch"}
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null 2>&1 || { echo "需要 Python 3.11（或用 PYTHON=… 指定）。" >&2; exit 1; }
rm -rf "$home/venv"
"$python" -m venv "$home/venv"
"$home/venv/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" gapmatch
mkdir -p "$HOME/.local/bin"
ln -sf "$home/venv/bin/gapmatch" "$HOME/.local/bin/gapmatch"
echo "已安装：$HOME/.local/bin/gapmatch"
