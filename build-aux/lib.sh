# SPDX-FileCopyrightText: 2026 The Stepcast authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# What build-aux/run and build-aux/test share. To be sourced; whatever it prints goes to stderr.

source_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

say () { printf 'stepcast: %s\n' "$*" >&2; }
die () { say "$*"; exit 1; }

# list_packages SECTION…: the packages of these sections of build-aux/packages.
list_packages ()
{
  local line section='' wanted=" $* "

  while IFS= read -r line; do
    line=${line%%#*}
    line=${line//[[:space:]]/}
    case $line in
      '') ;;
      \[*\]) section=${line:1:-1} ;;
      *) [[ $wanted == *" $section "* ]] && printf '%s\n' "$line" ;;
    esac
  done < "$source_root/build-aux/packages"
  return 0
}

# as_root COMMAND…
as_root ()
{
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# apt_get ARGS…: as root, and without a question; what it prints goes to stderr.
apt_get ()
{
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -y -q "$@" >&2
}

# install_packages SECTION…: installs what is missing of these sections, and asks nothing.
install_packages ()
{
  local -a missing

  command -v dpkg-query >/dev/null || {
    say "this is no Debian: build-aux/packages lists what has to be there"
    return 0
  }
  mapfile -t missing < <(comm -23 \
    <(list_packages "$@" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u))
  [ "${#missing[@]}" -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    die "these packages are missing, and there is neither root nor sudo to install them: ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  { apt_get update && apt_get --no-install-recommends install "${missing[@]}"; } ||
    die "could not install ${missing[*]}"
}

# set_up BUILD_DIR [MESON ARGS…]: sets a build directory up where it is not yet.
set_up ()
{
  local build=$1
  shift

  [ -e "$build/build.ninja" ] || quietly meson setup "$build" "$source_root" "$@"
}

# build BUILD_DIR [TARGET…]: builds it; says something only if that fails.
build ()
{
  local build=$1
  shift

  quietly ninja -C "$build" "$@"
}

# quietly COMMAND…: what it prints is shown if it fails.
quietly ()
{
  local log
  log=$(mktemp)

  if ! "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    die "this failed: $*"
  fi
  rm -f "$log"
}
