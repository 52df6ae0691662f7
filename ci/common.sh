# Shared by the scripts in ci/, which source it.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034
cache=${XDG_CACHE_HOME:-$HOME/.cache}/launch

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die MESSAGE [HINT]
die() {
  printf 'error: %s\n' "$1" >&2
  [[ -z ${2-} ]] || printf '\nhint: %s\n' "$2" >&2
  exit 1
}
