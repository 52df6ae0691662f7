# Shared by the scripts in tests/fuzz/, which source it.
# shellcheck shell=bash

# A folder for the files of parsers of files, in memory where that is possible; removed at the end, since a target that
# crashes removes nothing.
in_memory=/dev/shm
[[ -d $in_memory && -w $in_memory ]] || in_memory=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d "$in_memory/launch-fuzz-XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# The folders of inputs that are kept for a target: its own, and one with copies of the files that seeds names for it.
kept_inputs() {
  local here folder target glob
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  for folder in "$here"/{corpus,regressions}/"$1"; do
    [[ ! -d $folder ]] || printf '%s\n' "$folder"
  done
  folder=$TMPDIR/seeds-$1
  mkdir -p "$folder"  # several processes may share a target
  while read -r target glob; do
    # shellcheck disable=SC2086 # a glob
    [[ $target != "$1" ]] || cp "$here"/../../$glob "$folder"
  done <"$here/seeds"
  printf '%s\n' "$folder"
}

# shellcheck disable=SC2034 # for the scripts that source this
# What a single input may take. The largest documents that launch reads take less.
limits=(-timeout=20 -rss_limit_mb=2048)

# shellcheck disable=SC2034
# Older sanitizers fail at random where the kernel randomizes addresses more than they know (clang 14, Ubuntu 24.04).
start=()
! setarch -R true 2>/dev/null || start=(setarch -R)
