#!/usr/bin/env bash
# Installs what Qt, the sandbox Odoo and the test rigs need from the system: as root, or through sudo.
# Does nothing where all is there; names what is missing where it may not install.
set -euo pipefail

[ "$(uname -s)" = Linux ] || exit 0
command -v apt-get >/dev/null || { echo "This is not Debian or Ubuntu: see README, 'Elsewhere', for what to install."; exit 0; }

# shared library -> package; looked up by library, because package names differ between releases
libraries=(
  libglib-2.0.so.0=libglib2.0-0 libEGL.so.1=libegl1 libGL.so.1=libgl1 libOpenGL.so.0=libopengl0
  libxkbcommon.so.0=libxkbcommon0 libxkbcommon-x11.so.0=libxkbcommon-x11-0 libdbus-1.so.3=libdbus-1-3
  libfontconfig.so.1=libfontconfig1 libfreetype.so.6=libfreetype6 libxcb-cursor.so.0=libxcb-cursor0
  libxcb-icccm.so.4=libxcb-icccm4 libxcb-image.so.0=libxcb-image0 libxcb-keysyms.so.1=libxcb-keysyms1
  libxcb-randr.so.0=libxcb-randr0 libxcb-render-util.so.0=libxcb-render-util0 libxcb-shape.so.0=libxcb-shape0
  libxcb-xkb.so.1=libxcb-xkb1
)
known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
missing=()
for entry in "${libraries[@]}"; do
  grep -qF "${entry%%=*}" <<<"$known" || missing+=("${entry#*=}")
done
command -v Xvfb >/dev/null || missing+=(xvfb)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
"${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
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
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "${missing[@]}" >/dev/null
