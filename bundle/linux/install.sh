#!/bin/sh
# Installs gapmatch into ~/.local/share/gapmatch without a network; workspaces elsewhere stay as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=${GAPMATCH_HOME:-"$HOME/.local/share/gapmatch"}
versions="3.11 3.12 3.13 3.14" # the Pythons for which there are wheels

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

is_usable() {
  "$1" -c 'import sys, venv, ensurepip
sys.exit("%d.%d" % sys.version_info[:2] not in sys.argv[1:])' $versions >/dev/null 2>&1
}

[ "$(uname -sm)" = "Linux x86_64" ] || fail \
  "这个压缩包用于 x86_64 的 Linux，本机是 $(uname -sm)。其他机器请从源码安装，见 README。" \
  "This bundle is for Linux on x86_64; this machine is $(uname -sm). Install from source there, see README."

# Without PYTHON: the machine's own python3 if it fits, else the newest that does.
[ -n "${PYTHON:-}" ] && set -- "$PYTHON" || set -- python3 python3.14 python3.13 python3.12 python3.11
for python in "$@"; do is_usable "$python" && break || python=; done
[ -n "$python" ] || fail \
  "需要 Python 3.11 至 3.14 及其 venv 模块；本机：$("$1" --version 2>&1 || true)" \
  "Debian、Ubuntu、统信、麒麟：请管理员安装 python3.11 和 python3.11-venv（或更高版本）。" \
  "已有而不在 PATH 里的：PYTHON=/路径/python3.11 sh install.sh" \
  "Python 3.11 to 3.14 with its venv module is needed: install python3.11 and python3.11-venv, or give PYTHON=/path/to/python3.11."

mkdir -p "$home" "$HOME/.local/bin"
rm -rf "$home/before"
[ ! -e "$home/venv" ] || mv "$home/venv" "$home/before"
restore() {
  rm -rf "$home/venv"
  [ ! -e "$home/before" ] || mv "$home/before" "$home/venv"
}
trap restore EXIT
"$python" -m venv "$home/venv"
install_wheels() { "$home/venv/bin/python" -m pip --isolated install --quiet --no-index "$@"; }
install_wheels --find-links "$here/wheels" --require-hashes -r "$here/wheels/pins.txt"
install_wheels --no-deps "$here"/wheels/gapmatch-*.whl
trap - EXIT
rm -rf "$home/before"
if [ -d "$here/docs" ]; then
  rm -rf "$home/docs" "$home/示例"
  cp -r "$here/docs" "$here/示例" "$home"
  echo "使用说明 Documentation: $home/docs/index.html"
fi
ln -sf "$home/venv/bin/gapmatch" "$HOME/.local/bin/gapmatch"
echo "已安装 Installed: $HOME/.local/bin/gapmatch ($("$python" --version))"
case ":$PATH:" in
  *":$HOME/.local/bin:"*) ;;
  *) echo "请重新登录，或先执行 Log in again, or run: export PATH=\"\$HOME/.local/bin:\$PATH\"" ;;
esac
