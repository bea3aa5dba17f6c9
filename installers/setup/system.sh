#!/usr/bin/env bash
# Installs what Qt, the sandbox Odoo and the test rigs need from the system: as root, or through sudo.
# Does nothing where all is there; names what is missing where it may not install.
set -euo pipefail

[ "$(uname -s)" = Linux ] || exit 0
command -v dpkg-query >/dev/null || { echo "This is not Debian or Ubuntu: see README, 'Elsewhere', for what to install."; exit 0; }

wanted=(
  libegl1 libgl1 libopengl0 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libfreetype6
  libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
  libxcb-xinerama0 libxcb-xkb1 xvfb
  postgresql python3-venv nodejs npm ca-certificates
)
missing=()
for name in "${wanted[@]}"; do
  [ -n "$name" ] || continue
  case "$name" in
    nodejs|npm) command -v "${name/nodejs/node}" >/dev/null && continue ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && continue ;;
    xvfb) command -v Xvfb >/dev/null && continue ;;
    python3-venv) "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null && continue ;;
  esac
  dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

run=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    run=(sudo -n)
  else
    echo "System packages are missing. Install them, then run make again:"
    echo "  sudo apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
fi
echo "Installing system packages: ${missing[*]}"
"${run[@]}" apt-get -qq update
DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get -qq -y install --no-install-recommends "${missing[@]}" >/dev/null
