#!/bin/bash -p
# agent-stop.sh AGENT [post]: ExecStop (and ExecStopPost) of mosaic-agent@AGENT.service.
#
# Asks every process of the unit to end, waits for that as long as the roster's stop_grace allows, and hangs up the agent's session.
# What is left then, systemd kills. Who tidies up keeps his terminal for half of that time: Node aborts where it cannot restore it, with a
# core dump (gemini: two, half a gigabyte), and a program that writes to it would die of that before it has saved anything. Nothing is
# asked later, and no stop takes more than a second longer, for a tmux server that hangs.
set -u
LC_ALL=C
here=${BASH_SOURCE[0]%/*} home=${BASH_SOURCE[0]%/tools/fleet/*}
# shellcheck source-path=SCRIPTDIR
. "$here/record.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/cgroup.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/exit-record.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/own-session.sh"
agent=$1
if [[ ${2:-} == post ]]; then
  # Hooks fire before a unit has finished, so the controller, which watches this file, is called once more now.
  { [[ -n ${MOSAIC_FLEET_STATE:-} ]] && umask 077 && : >"$MOSAIC_FLEET_STATE/ended"; } 2>/dev/null
  # The usual end: agent-run has told of it, after it had ended the session.
  [[ ${EXIT_CODE:-} != exited ]] || ! exit_recorded 'exited|signaled' || exit 0
fi
if ! read_record "$home/fleet/agents/$agent.launch" "$agent"; then
  record_session=${agent//./_} record_grace=10000 record_spec=-
fi
unset record_environment record_command record_resume record_signs

is_ours="#{&&:#{==:#{@fleet_unit},$INVOCATION_ID},$alone}"

# to_session COMMAND: only to a session of this very start of the unit, decided inside the server. (By exec: who calls it knows its process.)
to_session() {
  exec tmux -N -u -L "$MOSAIC_FLEET_SOCKET" if-shell -F -t "=$record_session:" "$is_ours" "$1 -t '=$record_session:' ${2-}" >/dev/null 2>&1
}

# end_left_over: every session of this very start of the unit, also one that a human has given another name, and every pane, also one
# that he has moved.
end_left_over() {
  local session pane
  while read -r session; do
    ask if-shell -F -t "$session:" "$is_ours" "kill-session -t '$session'"
  done < <(ask list-sessions -f "$is_ours" -F '#{session_id}')
  while read -r pane; do
    ask if-shell -F -t "$pane" "#{==:#{@fleet_own},$INVOCATION_ID}" "kill-pane -t '$pane'"
  done < <(ask list-panes -a -f "#{==:#{@fleet_own},$INVOCATION_ID}" -F '#{pane_id}')
}

# record_silent_end REASON MESSAGE: agent-run has ended without a word, killed for instance. Whoever starts the agent again must
# still know how often it has ended; the message is for the journal.
record_silent_end() {
  local begun='' now ran=-
  ! exit_recorded || return 0
  read -r -t 2 begun < <(exec systemctl --user show -p ExecMainStartTimestampMonotonic --value "mosaic-agent@$agent.service" 2>/dev/null) || begun=''
  read -r now _ </proc/uptime
  # Begun: microseconds since boot.
  [[ ! $begun =~ ^[1-9][0-9]*$ ]] || ran=$((${now%.*} - begun / 1000000))
  printf '%s\n' "$2" >&2
  write_exit_record "$1" - - "$ran" ''
}

if [[ ${2:-} == post ]]; then
  # Killed before it could tell systemd that the agent is ready, which runs already.
  if [[ ${SERVICE_RESULT:-} == protocol && ${EXIT_CODE:-} == killed ]]; then
    record_silent_end agent-run-killed 'agent-run.sh, the main process of the unit, was killed'
  elif [[ ${SERVICE_RESULT:-} == exit-code ]]; then
    record_silent_end agent-run-ended "agent-run.sh, the main process of the unit, ended with status ${EXIT_STATUS:-?} and without a word"
  # Ended by systemd: its main process died of a signal, or the start took too long.
  elif [[ ${SERVICE_RESULT:-success} != success && ${EXIT_CODE:-} =~ ^(killed|dumped)$ ]]; then
    record_silent_end "unit-$SERVICE_RESULT" "the unit was ended by systemd: $SERVICE_RESULT, $EXIT_CODE by ${EXIT_STATUS:-?}"
  fi
  # After a stop with a server that hung, or after agent-run was killed, the session is still there, its pane dead. The end of
  # whoever waits for that ends the read. What hangs is in this unit's cgroup, and ends with it.
  read -r -t 2 _ < <(end_left_over >/dev/null 2>&1)
  exit 0
fi

# Nobody asked for this: agent-run ended by itself, and this is what systemd does next. Where it has told of an end it has ended the session.
session_ended=''
[[ -n ${MAINPID:-} ]] || ! exit_recorded 'exited|signaled' || session_ended=1
[[ -n ${MAINPID:-} ]] || record_silent_end agent-run-killed "agent-run.sh, the main process of the unit, was killed"
# agent-run first: it would take the end of its session, or of its tmux client, for somebody's doing.
[[ -z ${MAINPID:-} ]] || kill -TERM "$MAINPID" 2>/dev/null

# With Delegate=yes systemd runs this script in the sub-cgroup .control of the unit.
read_cgroups self
own=$tracking unit=${tracking%/.control} hangs_up=''
declare -A asked=() mine=([$$]=1 [${MAINPID:-0}]=1)
shopt -s nullglob dotglob

readonly hup=1 term=15

# signals_of PID: sets `catches` and `ignores`, masks of the first 16 signals. All of the file at once: what a line leaves of a process
# that ends meanwhile is read by whoever reads next, from wherever (bash cannot seek back).
signals_of() {
  local text=''
  catches=0 ignores=0
  IFS= read -r -d '' text <"/proc/$1/status"
  [[ $text =~ SigIgn:[[:space:]]*[0-9a-f]+([0-9a-f]{4})[[:space:]]+SigCgt:[[:space:]]*[0-9a-f]+([0-9a-f]{4})[[:space:]] ]] || return 0
  ignores=$((16#${BASH_REMATCH[1]})) catches=$((16#${BASH_REMATCH[2]}))
}

# ask_all DIRECTORY: to every process of the tree that did not get it yet SIGTERM, or SIGHUP where it would end of SIGTERM unheard and
# has a handler for a hangup (`late`: SIGTERM to those as well); sets `left`, and where `look` is set, `tidying`: one of them catches what
# it got. SIGCONT, because a stopped process would take either only after somebody has continued it. The list by mapfile, in one call: line
# by line, each from where the one before ended, whoever follows one that ends meanwhile would be passed over, and killed in its grace.
ask_all() {
  local pid directory catches ignores signal pids=()
  [[ $1 != "$own" || $own == "$unit" ]] || return 0
  mapfile -t pids <"$1/cgroup.procs"
  for pid in "${pids[@]}"; do
    [[ -z ${mine[$pid]-} ]] || continue
    left=1
    signal=${asked[$pid]-}
    if [[ -z $signal || (-n $look && -z $tidying) ]]; then
      signals_of "$pid"
      if [[ -z $signal ]]; then
        signal=$term
        ((!(catches >> hup - 1 & 1) || (catches | ignores) >> term - 1 & 1)) || signal=$hup
      fi
      ((!(catches >> signal - 1 & 1))) || tidying=1
    fi
    [[ -z $late ]] || signal=$term
    [[ ${asked[$pid]-} != "$signal" ]] || continue
    asked[$pid]=$signal
    kill -"$signal" "$pid" && kill -CONT "$pid"
  done
  for directory in "$1"/*/; do ask_all "${directory%/}"; done
} 2>/dev/null

# now: sets `now`, milliseconds on a clock that no one sets.
now() { read -r now _ </proc/uptime && now=$((10#${now/./} * 10)); }

# Nobody whose end this script hears of: bash before 5.2 waits in a timed read for SIGALRM, and where that comes while it hears of a child's
# end it waits for ever (docs/measured.md).
hang_up() {
  [[ -z $hangs_up$session_ended ]] || return 0
  # Open until that is done.
  exec {hangs_up}< <(to_session kill-session 3>&1 &)
  wait "$!"
}

now
deadline=$((now + record_grace)) half=$((now + record_grace / 2)) look='' late=''
# Before any process is begun: a unit at its task limit has no room for one, and bash, which tries again for 15 seconds, would end
# with nobody asked.
ask_all "$unit"
# Nobody sends to it from here.
[[ -n $session_ended ]] || (to_session set-option '@fleet_ending 1' &)
exec {quiet}<> <(:)
wait "$!"
for ((round = 1; ; round++)); do
  left='' tidying='' look=''
  # Who has no handler has ended by then, or ignores the signal, as an interactive shell does: a terminal that hangs up may end it.
  ((round % 5)) || look=1
  ask_all "$unit"
  now
  if [[ -z $left ]] || ((now >= deadline)); then break; fi
  ((now < half)) || late=1
  if [[ -n $late || (-n $look && -z $tidying) ]]; then hang_up; fi
  read -r -t 0.02 -u "$quiet" _
done
hang_up
[[ -z $hangs_up ]] || read -r -t 1 -u "$hangs_up" _
exit 0
