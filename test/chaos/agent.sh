#!/bin/bash
# agent.sh DIARY: an agent that costs next to nothing and keeps a diary of its own lives in DIARY/NAME, so that nobody has to
# ask fleet how often it was started. Typed at it:
#   crash CODE   exit          busy SECONDS   work, with output        fork   start a process that leaves and ignores signals
#   deaf         ignore SIGHUP and SIGTERM
# One line per life begun and, unless it was killed, per life ended: what pid time [for how many milliseconds it had worked]
set -u
diary=$1/$MOSAIC_AGENT_NAME
now() { local at=${EPOCHREALTIME/[.,]/} && echo "${at%???}"; }
note() { printf '%s %s %s %s\n' "$1" "$$" "$(now)" "${2:-0}" >>"$diary"; }
since=0
leave() {
  note ended "$((since > 0 ? $(now) - since : 0))"
  exit "$1"
}
trap 'leave 129' HUP
trap 'leave 143' TERM

note started
echo "agent $MOSAIC_AGENT_NAME ${SOAK_VERSION:-}"
until=0
while :; do
  if ((until > 0)) && (($(now) >= until)); then until=0 since=0; fi
  words=
  if ((until > 0)); then
    printf .
    read -r -t 0.3 words
  elif ! read -r words; then
    # A terminal that is gone is the end, unless told to survive.
    [[ $(trap -p TERM) == *leave* ]] && exit 0
    read -r -t 1 <> <(:)
  fi
  case ${words:-} in
    'crash '*) leave "${words#crash }" ;;
    'busy '*) since=$(now) until=$((since + ${words#busy } * 1000)) ;;
    fork) (trap '' HUP TERM && exec setsid sleep 1000000) </dev/null >/dev/null 2>&1 & ;;
    deaf) trap '' HUP TERM ;;
  esac
done
