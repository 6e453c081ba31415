#!/bin/sh
# Installs gapmatch into ~/.local/share/gapmatch without a network; workspaces elsewhere stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${GAPMATCH_HOME:-"$HOME/.local/share/gapmatch"}
python=${PYTHON:-python3.11}
# The wheels are those of one Python.
"$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || {
  echo "需要 Python 3.11 及其 venv 模块（或用 PYTHON=/路径/python3.11 指定）。" >&2
  exit 1
}
mkdir -p "$home" "$HOME/.local/bin"
rm -rf "$home/before"
[ ! -e "$home/venv" ] || mv "$home/venv" "$home/before"
restore() {
  rm -rf "$home/venv"
  [ ! -e "$home/before" ] || mv "$home/before" "$home/venv"
}
trap restore EXIT
"$python" -m venv "$home/venv"
"$home/venv/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" "gapmatch[desk]"
trap - EXIT
rm -rf "$home/before"
if [ -d "$here/docs" ]; then
  rm -rf "$home/docs"
  cp -r "$here/docs" "$home/docs"
  echo "使用说明：$home/docs/index.html"
fi
ln -sf "$home/venv/bin/gapmatch" "$HOME/.local/bin/gapmatch"
echo "已安装：$HOME/.local/bin/gapmatch"
