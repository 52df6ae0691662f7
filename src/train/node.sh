# One node of a run, as launch starts it: sh node.sh torchrun ARGS.
#
# Schedulers and terminals may signal every process of a job. The engine's clients are among them, and hand what they
# get to the container. launch gets the signal too, and it alone ends the ranks, in their time, or passes SIGUSR1 and
# SIGUSR2 on to them. So in a node:
# - SIGUSR1 and SIGUSR2 are ignored, by torchrun too, which they would end;
# - SIGTERM, SIGINT and SIGHUP are ignored as long as a launch watches over the run: there is its control file. Without
#   one, as with the commands of --dry-run, they end torchrun, and torchrun its ranks;
# - SIGPWR, the stop signal of the container, ends torchrun in any case. Of all signals, that one comes from nobody else,
#   and no shell that starts jobs in the background ignores it, as it does SIGQUIT.
# Torchrun gets one SIGTERM: a second would make it leave its ranks while they save, and Ctrl-C comes from the terminal
# and from the script of --dry-run.

torchrun=
ended=
end() {
  if [ -n "$ended" ]; then return; fi
  ended=1  # first, as another signal may come during the next command
  if [ -n "$torchrun" ]; then kill -TERM "$torchrun" 2>/dev/null; fi
}
trap '' USR1 USR2
trap end PWR
trap '[ -e "${0%/*}/control" ] || end' TERM INT HUP

if ! command -v "$1" >/dev/null; then
  echo "node.sh: $1: executable file not found in PATH" >&2
  exit 127
fi
"$@" &
torchrun=$!
exec 2>/dev/null  # the shell would tell of a torchrun that a signal ended
if [ -n "$ended" ]; then kill -TERM "$torchrun"; fi
# A signal interrupts `wait`.
while :; do
  wait "$torchrun"
  code=$?
  kill -0 "$torchrun" 2>/dev/null || exit "$code"
done
