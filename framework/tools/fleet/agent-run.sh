#!/bin/bash -p
# agent-run.sh AGENT: main process of mosaic-agent@AGENT.service.
#
# Creates the agent's tmux session from the launch record, and then lives exactly as long as the agent does. The pane's
# process enters this unit's cgroup by itself, and says when it is ready (pane-exec.sh).
# Ends with the agent's own status, 128 + signal, or:
#   69 tmux does not answer   72 no working directory   73 the session's name is taken   75 the tmux server is gone
#   76 the session or the agent's pane was killed by somebody   77 its earlier life goes on   78 bad launch record
# An agent can end with these numbers too: the exit record says which it was.
set -u
LC_ALL=C
here=${BASH_SOURCE[0]%/*} home=${BASH_SOURCE[0]%/tools/fleet/*}
# shellcheck source-path=SCRIPTDIR
. "$here/record.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/cgroup.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/conversation.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/ending.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/exit-record.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/own-session.sh"
agent=$1 ready='' heard='' record_spec='-' record_conversation='' how=new begun=0
read -r begun _ </proc/uptime
# No signal is handled here: bash (5.2) that runs a trap while it parses a `$(…)` fails in both, and this script, and so its agent,
# would end with a syntax error. SIGTERM, by which the stop script tells us first, ends bash at once, which systemd takes for a
# clean end; without it the end of the session would look like somebody's doing. (A pane-exec.sh of before sends SIGUSR1.)
trap '' USR1

# teller: sets `teller`, who tells systemd that the agent is ready: this script, `heard` from the pane, or under a low task limit, which the
# agent may have reached by then, the pane before it becomes the agent.
teller() {
  local max=max
  teller=heard
  count_directory
  [[ -z $counting ]] || { read -r max <"$counting/pids.max"; } 2>/dev/null
  [[ $max == max ]] || ((max >= 1000)) || teller=
}

# hear SECONDS: takes what the pane's first program (pane-exec.sh) says of itself, through the pipe that is fd 8; waits so long for it.
# Of one that is ready systemd is told, by the `teller`: here, so that the agent need not wait for that. What it read until then is closed.
# (systemd-notify waits until systemd has taken the message, since 246; for 5 seconds, in which a manager with much to do may not come to it.)
hear() {
  local part='' notifier try
  # A read whose time is up takes what has come of the line so far, and leaves the rest.
  read -r -t "$1" -u 8 part
  heard+=$part
  [[ $heard == ready ]] || return
  if [[ -z $teller ]]; then ready=1; else
    for notifier in /usr/bin/systemd-notify /bin/systemd-notify; do [[ -x $notifier ]] && break; done
    for try in 1 2 3 4 5; do "$notifier" --ready --status="pane $pane pid $pane_pid" 8>&- 9<&- && ready=1 && break; done
  fi
  [[ -n $ready ]] || finish 69 start-failed 69 - 'systemd did not take the report that it is ready'
  exec 9<&-
}

# pause SECONDS: without a process for it. Once the agent is ready nothing is written to that pipe.
pause() { if [[ -z $ready ]]; then hear "$1"; else read -r -t "$1" -u 8 _; fi; }

# has_room: waits until it has.
has_room() { until room 2; do pause 1; done; }

# rejoin: systemd moves its last script into this unit's cgroup, and the first move after a while waits for the kernel (src/host/cgroup-moves.ts).
rejoin() { if [[ -n ${tracking:-} ]] && room 2; then { echo $$ >"$tracking/cgroup.procs"; } 2>/dev/null 8>&- 9<&- & fi; }

meanwhile() { :; }

# finish CODE REASON STATUS SIGNAL MESSAGE [LINE…]: writes the exit record, says it in the journal, ends.
finish() {
  local code=$1 reason=$2 status=$3 signal=$4 message=$5 id text ended=0
  shift 5
  [[ -n $hung_up ]] || rejoin
  # Without control characters, for the journal is read on terminals.
  printf -v text '%s\n' "$message" "$@"
  printf '%s' "${text//[$'\001'-$'\010'$'\013'-$'\037'$'\177']/}" >&2
  # An id may be a path with blanks in it.
  id=${record_conversation//%/%25} id=${id// /%20}
  if [[ $reason == start-failed && $# -eq 0 ]]; then set -- "$message"; fi
  # Not SECONDS: somebody may have set the clock.
  read -r ended _ </proc/uptime
  write_exit_record "$reason" "$status" "$signal" "$(((10#${ended/./} - 10#${begun/./}) / 100))" "${id:+ how=$how conversation=$id}" "$@"
  # Its terminal was taken from it, unasked: it has a moment to save what it has. What is left then, systemd kills.
  if [[ -n $hung_up ]]; then
    end_all "$((record_grace < 5000 ? record_grace : 5000))"
    rejoin
  fi
  exit "$code"
}

# start_time PID: sets `started`, the kernel's start time of that process; a pid alone could be somebody else's later. Empty
# for a process that is gone or a zombie, as a killed server is until systemd gets round to it.
start_time() {
  local stat=''
  started=
  { IFS= read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null
  # The second field is the program's name, in parentheses, with anything in it.
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]-} == Z ]] || started=${stat[19]-}
}
server_lives() { start_time "$server" && [[ -n $started && $started == "$server_started" ]]; }

# A record that is replaced meanwhile must not split: marks from the old one, process from the new one. So it stays
# open here as fd 9 until the pane, which reads it through /proc, is ready.
file=$home/fleet/agents/$agent.launch
{ exec 9<"$file"; } 2>/dev/null || finish 78 start-failed 78 - "$file cannot be read: \`fleet apply\` writes it for an agent that is in the roster"
read_record /proc/self/fd/9 "$agent" || finish 78 start-failed 78 - "$file $record_error: run \`fleet apply\`"
former_lives
[[ -z $former ]] || finish 77 start-failed 77 - "processes of an earlier life still run (${former% }), and could speak in its conversation"
choose
cd -- "$record_directory" 2>/dev/null ||
  finish 72 start-failed 72 - "the working directory $record_directory is not there, or not a directory that can be entered"

# (A process for a moment, and no earlier life. Waited for, as wherever there are timed reads: agent-stop.sh says why.)
exec 8<> <(:)
wait "$!"
teller

if ! create; then
  case $answer in
    *'duplicate session'*)
      if ! remove_left_over || ! create; then
        answer="foreign session: a tmux session named $record_session exists that is not a left-over of this agent;"
        finish 73 start-failed 73 - "$answer it was not touched. End it or give it another name"
      fi
      ;;
    *) finish 69 start-failed 69 - "tmux did not create the session: $answer" ;;
  esac
fi
session='' marked=''
while IFS= read -r line; do
  case $line in
    $'$'[0-9]*' %'[0-9]*' @'*) [[ -n $session ]] || read -r session pane pane_pid server window terminal version <<<"$line" ;;
    %[0-9]*) marked=$line ;;
  esac
done <<<"$answer"
[[ -n $session ]] || finish 69 start-failed 69 - "tmux did not tell of the session it created: $answer"
own_marks
start_time "$server" && server_started=$started
# Not needed any more, and up to megabytes.
unset record_environment record_command record_resume record_signs

own_pane=(
  list-panes -a -f "#{==:#{pane_id},$pane}"
  -F '#{session_id}/#{?pane_pid,#{pane_pid},0}/#{pane_dead}/#{pane_dead_status}/#{pane_dead_signal}'
)

# judge LINES: sets `state` to alive, dead (with `status`, `signal`) or killed; or moved, where it lives in the session `at`. Of a window
# that is linked there is a line for each session that shows it.
judge() {
  local lines=$'\n'$1 pid dead
  [[ $lines != *$'\n'"$session/"* ]] || lines=$'\n'$session/${lines#*$'\n'"$session/"}
  IFS=/ read -r at pid dead status signal <<<"${lines#?}"
  # A dead one has its pid no more (3.8).
  if [[ $pid != "$pane_pid" && $pid$dead != 01 ]]; then state=killed # no such pane, or somebody respawned it
  elif [[ $dead == 1 ]]; then state=dead
  elif [[ $at != "$session" ]]; then state=moved
  else state=alive; fi
}

# Only the process itself proves the server's death: the socket may have been removed, or a client killed.
no_answer() { if server_lives; then state=unknown; else state=gone; fi; }

# look: asks once more, beside the client. Where there is an end, the client was called meanwhile, or is now, and says it better.
look() {
  local answer
  if answer=$(ask "${own_pane[@]}" 2>/dev/null 8>&- 9<&-); then judge "$answer"; else no_answer; fi
  [[ $state == killed || ($state == dead && -n $status$signal) ]] || return
  ask wait-for -S "closed-$session" >/dev/null 2>&1
  IFS= read -r -u "$events" more && listen "$more"
}

# by_word: a tmux of before 3.3 tells no signal, but writes it below the agent's last line.
by_word() {
  local line
  [[ $state == dead && -z $status$signal && $version == 3.2* ]] || return 0
  while IFS= read -r line; do
    [[ ! $line =~ ^'Pane is dead (signal '([0-9A-Z]+)', ' ]] || signal=${BASH_REMATCH[1]}
  done < <(ask capture-pane -p -t "$pane" 2>/dev/null 8>&- 9<&-)
}

# What is left to ask of an agent that has ended: its last lines, and the end of its session. The session may be another agent's by
# now, on another server, or hold another agent's pane: the marks decide, inside the server.
last_lines="capture-pane -p -t '$pane' -S -200"
is_ours="#{&&:#{==:#{@fleet_unit},${INVOCATION_ID:-}},$alone}"
# One that says neither status nor signal has yet to be reaped.
has_ended="#{&&:#{pane_dead},#{!=:#{pane_dead_status}#{pane_dead_signal},}}"

# report [LINE]: reads the client's report of the pane, the first line of which may have been read. Status 1: it breaks off.
report() {
  local line=${1-} lines=''
  while [[ $# -gt 0 ]] || IFS= read -r -u "$events" line; do
    set --
    if [[ $line == . ]]; then
      judge "${lines#?}"
      return
    fi
    lines+=$'\n'$line
  done
  return 1
}

# watch: starts a client that tells the pane's state, waits for the call of the hooks (fleet.tmux.conf), and tells it again, in one
# go for the server. tmux (3.3a) does remember a call for which nobody waits, but two of them cancel each other out: who looks
# first and waits then, or the other way round, misses the end of a session that is killed in between.
# The client also holds the pane's terminal open, which it neither reads nor writes: tmux (before 3.5) that sees a terminal's end before
# its process is reaped loses the SIGCHLD (holder-pane.sh), of 56 in 60 that were killed; of none with this. (This script could get it
# for its own controlling terminal, before the pane's process does; a child that leads no session cannot.)
watch() {
  exec {events}< <({ exec 7<>"$terminal"; } 2>/dev/null
    exec tmux -N -u -L "$MOSAIC_FLEET_SOCKET" "${own_pane[@]}" ';' display-message -p . ';' wait-for "closed-$session" ';' \
    "${own_pane[@]}" ';' display-message -p . ';' if-shell -F -t "$session:.$pane" "#{&&:$is_ours,$has_ended}" \
    "$last_lines ; kill-session -t '$session'" \
    8>&- 9<&- 2>/dev/null)
  waiter=$!
  report || no_answer
}

# listen [LINE]: takes what the client says once it was called; of an agent that has ended, with `lines`, its last ones.
listen() {
  if report "$@" && [[ $state == dead ]]; then mapfile -t -u "$events" lines; fi
}

backoff=0.2 lines=() last=()
while :; do
  # Without one its end makes room.
  has_room
  watch
  if [[ $state == dead ]]; then
    # Before it was watched. The client still waits, or was called just now: either way it says the rest. (Without `8>&-`, which
    # would close it here, too, for as long as the call takes.)
    ask wait-for -S "closed-$session" >/dev/null 2>&1
    listen
  fi
  # Until it is ready, or the client has something to say.
  while [[ $state == alive && -z $ready ]] && ! read -r -t 0 -u "$events"; do hear 0.5; done
  while [[ $state == alive ]]; do
    # The client speaks when it was called. Every few minutes look without one: an operator who replaces the hooks at run time
    # makes the server mute. (One character has come or has not; of a line a part may have when the time is up.)
    IFS= read -r -N 1 -t "$((240 + RANDOM % 120))" -u "$events" first
    read_status=$?
    if [[ -z $first && $read_status -gt 128 ]]; then
      ! room 2 || look
      continue
    fi
    [[ -z $first ]] || { IFS= read -r -u "$events" more && listen "$first$more"; }
    break
  done
  case $state in
    alive) ;;
    # (It may wait still.)
    moved | unknown) kill "$waiter" 2>/dev/null ;;
    *) break ;;
  esac
  wait "$waiter"
  failed=$?
  if [[ $state == moved ]]; then
    come_home "$at"
    failed=$?
    # Whoever moves it again and again, a plugin for instance, keeps nobody busy.
    ((failed)) || pause 0.2
  fi
  exec {events}<&-
  if ((failed)); then
    # Somebody killed the waiting client, or the socket cannot be reached.
    pause "$backoff"
    case $backoff in 0.2) backoff=1 ;; 1) backoff=5 ;; esac
  else
    backoff=0.2
  fi
done

# Before timed reads. It has told what it had to tell.
end_watch() {
  [[ -z $waiter ]] || { kill -KILL "$waiter" 2>/dev/null && wait "$waiter"; }
  waiter=''
}
if [[ $state == dead ]]; then
  [[ -n $status$signal ]] || end_watch
  # The terminal's end is seen before the process is reaped (3.3a): dead, with neither status nor signal yet. A lost
  # SIGCHLD (holder-pane.sh) is made good here.
  for ((try = 0; try < 100; try++)); do
    [[ $state == dead && -z $status$signal ]] || break
    kill -CHLD "$server" 2>/dev/null
    pause 0.02
    look
    by_word
  done
elif [[ $state == killed ]]; then
  end_watch
  # `kill-server` ends the sessions first.
  pause 0.1
  server_lives || state=gone
fi

if [[ $state != dead && -n ${tracking:-} ]]; then
  end_watch
  hung_up=1 quiet=8
fi
case $state in
  dead) ;;
  gone) finish 75 server-gone - - "the tmux server (process $server) is gone" ;;
  *) finish 76 killed-session - - "session $record_session, or the agent's pane in it, was killed" ;;
esac

# It was not reaped at once, or has ended in another session.
if [[ ${#lines[@]} -eq 0 ]]; then
  is_it="#{&&:#{||:#{==:#{pane_pid},$pane_pid},#{==:#{pane_pid}#{pane_dead},1}},#{==:#{pid},$server}}"
  mapfile -t lines < <(ask if-shell -F -t "$pane" "$is_it" "$last_lines" 2>/dev/null 8>&- 9<&-)
  ask if-shell -F -t "$session:" "$is_ours" "kill-session -t '$session'" 2>/dev/null 8>&- 9<&-
  ask if-shell -F -t "$pane" "$is_it" "kill-pane -t '$pane'" 2>/dev/null 8>&- 9<&-
fi
for ((index = ${#lines[@]} - 1; index >= 0 && ${#last[@]} < 20; index--)); do
  [[ ${lines[index]} == *[![:space:]]* ]] || continue
  # tmux's own word (3.2, which has no remain-on-exit-format), below the agent's last one.
  [[ ${#last[@]} -gt 0 || ${lines[index]} != 'Pane is dead ('@(status|signal)' '*', '*')' ]] || continue
  last=("${lines[index]}" "${last[@]}")
done
until [[ -n $ready ]] || ! read -r -t 0 -u 8; do hear 1; done
reason=start-failed
if [[ -n $signal ]]; then
  [[ $signal =~ ^[0-9]+$ ]] || signal=$(kill -l "$signal")
  [[ -z $ready ]] || reason=signaled
  finish "$((128 + signal))" "$reason" - "$signal" \
    "the agent was killed by signal $signal" "${last[@]}"
fi
# No status after two seconds: the agent lives on without its terminal, for systemd to end.
[[ -z $ready ]] || reason=exited
finish "${status:-1}" "$reason" "${status:--}" - \
  "the agent exited with status ${status:-unknown}" "${last[@]}"
