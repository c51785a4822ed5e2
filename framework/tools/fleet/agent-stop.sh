#!/bin/bash -p
# agent-stop.sh AGENT [post]: ExecStop (and ExecStopPost) of mosaic-agent@AGENT.service.
#
# Asks every process of the unit to end, waits for that as long as the roster's stop_grace allows, and hangs up the agent's session.
# What is left then, systemd kills. Who tidies up keeps his terminal for half of that time: Node aborts where it cannot restore it, with a
# core dump (gemini: two, half a gigabyte), and a program that writes to it would die of that before it has saved anything. Nothing is
# asked later for a tmux server that hangs, and a stop takes three seconds longer at most, one here and two in ExecStopPost.
set -u
LC_ALL=C
here=${BASH_SOURCE[0]%/*} home=${BASH_SOURCE[0]%/tools/fleet/*}
# shellcheck source-path=SCRIPTDIR
. "$here/record.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/cgroup.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/ending.sh"
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
is_own="#{==:#{@fleet_own},$INVOCATION_ID}"

# end_left_over: every session of this very start of the unit, also one that a human has given another name, and every pane, also one
# that he has moved.
end_left_over() {
  local session
  while read -r session; do
    ask if-shell -F -t "$session:" "$is_ours" "kill-session -t '$session'"
  done < <(ask list-sessions -f "$is_ours" -F '#{session_id}')
  to_own_pane kill-pane
}

# to_own_pane COMMAND [WORDS]: the agent's own pane, wherever it is; decided once more inside the server.
to_own_pane() {
  local pane
  while read -r pane; do
    ask if-shell -F -t "$pane" "$is_own" "$1 -t '$pane' ${2-}"
  done < <(ask list-panes -a -f "$is_own" -F '#{pane_id}')
}

# at_home CONDITION COMMAND [WORDS]: with one call, where the agent's own pane is the one that its session, by that name, shows. Status 1: it is not, and
# must be looked for, or the server does not answer.
at_home() {
  local did=''
  did=$(ask if-shell -F -t "=$record_session:" "#{&&:$is_own,$1}" "display-message -p . ; $2 -t '=$record_session:' ${3-}")
  [[ $did == . ]]
} 2>/dev/null

# mark_ending: nobody sends to its pane from here, wherever that is.
mark_ending() { at_home 1 'set-option -p' '@fleet_ending 1' || to_own_pane 'set-option -p' '@fleet_ending 1'; }

# end_session: the window may be another session's as well.
end_session() { at_home "#{&&:$is_ours,#{==:#{session_grouped}#{window_linked},00}}" kill-session || end_left_over; }

# record_silent_end REASON MESSAGE: agent-run has ended without a word, killed for instance. Whoever starts the agent again must
# still know how often it has ended; the message is for the journal.
record_silent_end() {
  local begun='' now ran=-
  ! exit_recorded || return 0
  ! room 2 || read -r -t 2 begun < <(exec systemctl --user show -p ExecMainStartTimestampMonotonic --value "mosaic-agent@$agent.service" 2>/dev/null) || begun=''
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
  elif [[ ${SERVICE_RESULT:-} == exit-code && ${EXIT_CODE:-} == exited ]]; then
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

# With Delegate=yes systemd runs this script in the sub-cgroup .control of the unit. Whoever runs it by hand stands in his own, and it is not his
# processes that are to end.
read_cgroups self
if [[ ${tracking%/.control} != */mosaic-agent@"$agent".service ]]; then
  echo "this is not a process of mosaic-agent@$agent.service: agents are stopped by systemctl --user stop, or by fleet stop" >&2
  exit 1
fi
count_directory

# Nobody asked for this: agent-run ended by itself, and this is what systemd does next. Where it has told of an end it has ended the session.
marked='' hangs_up=''
[[ -n ${MAINPID:-} ]] || ! exit_recorded 'exited|signaled' || marked=1 hangs_up=none
[[ -n ${MAINPID:-} ]] || record_silent_end agent-run-killed "agent-run.sh, the main process of the unit, was killed"
# agent-run first: it would take the end of its session, or of its tmux client, for somebody's doing.
[[ -z ${MAINPID:-} ]] || kill -TERM "$MAINPID" 2>/dev/null
[[ -z ${MAINPID:-} ]] || mine[$MAINPID]=1

# Nobody whose end this script hears of: bash before 5.2 waits in a timed read for SIGALRM, and where that comes while it hears of a child's
# end it waits for ever (docs/measured.md). And nobody where the unit is at its task limit: bash would try again for 15 seconds, and end,
# with everybody in his grace.
hang_up() {
  [[ -z $hangs_up ]] && room 4 || return 0
  # Open until that is done.
  exec {hangs_up}< <(end_session 3>&1 >/dev/null 2>&1 &)
  wait "$!"
  hung_up=1
}
meanwhile() {
  if [[ -z $marked ]] && room 4; then marked=1 && (mark_ending >/dev/null 2>&1 &); fi
  if [[ -n $late || (-n $look && -z $tidying) ]]; then hang_up; fi
}
open_quiet
end_all "$record_grace"
hang_up
[[ ! $hangs_up =~ ^[0-9]+$ ]] || read -r -t 1 -u "$hangs_up" _
exit 0
