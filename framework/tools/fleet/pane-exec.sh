#!/bin/bash -p
# pane-exec.sh PID AGENT HOW [heard]: the first process of an agent's pane, a child of the tmux server. Moves into the unit of PID
# (agent-run.sh), tells that process that it is ready, and becomes the agent by exec. HOW: new, or resume its conversation. Exit 78: not started by
# the unit, or bad record; 72: no working directory; 127, 126: command not found, not executable. A new
# conversation that cannot be prepared: what prepares it says why, and its status is this one's; 124: it took too long.
set -u
LC_ALL=C
here=${BASH_SOURCE[0]%/*}
# shellcheck source-path=SCRIPTDIR
. "$here/record.sh"
# shellcheck source-path=SCRIPTDIR
. "$here/cgroup.sh"
main=$1 agent=$2 how=${3:-new}
# refuse STATUS MESSAGE: ends with a word on the terminal. tmux (3.3a) may close the terminal of a process that has ended before it has
# read all of it; it answers a question for the cursor's place once it has.
refuse() {
  { echo refused >"/proc/$main/fd/8"; } 2>/dev/null
  printf 'fleet: %s\n' "$2"
  [[ ! -t 0 ]] || read -r -s -t 2 -d R -p $'\e[6n' _ 2>&1
  exit "$1"
}

# 0. A server of before fleet (holder-run.sh says what ours does) that is built with systemd moves this process into a scope of
# its own, a moment after it has started it. First there, then into the unit.
mapfile -d '' -t server_environment <"/proc/$PPID/environ"
if [[ " ${server_environment[*]} " != *' DBUS_SESSION_BUS_ADDRESS=disabled: '* && $(</proc/$PPID/maps) == *libsystemd* ]]; then
  exec {quiet}<> <(:)
  wait "$!"
  for ((try = 0; try < 100; try++)); do
    [[ $(</proc/self/cgroup) != */tmux-spawn-* ]] || break
    read -r -t 0.02 -u "$quiet" _
  done
  exec {quiet}>&-
fi

# 1. Into every cgroup of the unit's main process. A process in the wrong unit would escape its limits and its stop.
read_cgroups self
own=("${cgroups[@]}")
read_cgroups "$main"
[[ $tracking == */mosaic-agent@"$agent".service ]] ||
  refuse 78 "process $main is not of unit mosaic-agent@$agent.service: agents are started by systemctl --user start"
for directory in "${cgroups[@]}"; do
  # Where the controller is not in use for units, both are in the same group: moving takes the kernel milliseconds each.
  [[ " ${own[*]} " != *" $directory "* ]] || continue
  # v1 controllers are closed to a user manager that is not root's; the tracking hierarchy is a must.
  { echo "$$" >"$directory/cgroup.procs"; } 2>/dev/null && continue
  [[ $directory != "$tracking" ]] || refuse 78 "cannot enter the unit's cgroup $directory"
done

# 2. The environment: the pane's terminal, the unit's environment without what is the unit's own business, the record's
# entries. Built as a list first: no name in it can disturb this script.
read_record "/proc/$main/fd/9" "$agent" || refuse 78 "the launch record of $agent $record_error"
if [[ $how == resume ]]; then record_command=("${record_resume[@]}") record_prepare=(); fi
path=/usr/local/bin:/usr/bin:/bin environment=() inherited=()
for name in TERM TERM_PROGRAM TERM_PROGRAM_VERSION COLORTERM TMUX TMUX_PANE; do
  [[ -z ${!name+set} ]] || environment+=("$name=${!name}")
done
mapfile -d '' -t inherited <"/proc/$main/environ"
for entry in "${inherited[@]}"; do
  # Empty by the unit alone: at `install` there was none.
  [[ $entry != TMUX_TMPDIR= ]] || continue
  case ${entry%%=*} in
    NOTIFY_SOCKET | INVOCATION_ID | JOURNAL_STREAM | MAINPID | MANAGERPID | MANAGERPIDFDID | SYSTEMD_EXEC_PID | LISTEN_* | WATCHDOG_* | \
      MEMORY_PRESSURE_* | CREDENTIALS_DIRECTORY | MOSAIC_FLEET_NODE | MOSAIC_FLEET_CLI) ;;
    TERM | TERM_PROGRAM | TERM_PROGRAM_VERSION | COLORTERM | TMUX | TMUX_PANE | SHLVL | PWD | OLDPWD | _ | '') ;;
    *) environment+=("$entry") ;;
  esac
done
# As a shell would have it: the directory under the name it was given, symbolic links included.
environment+=("PWD=$record_directory" "${record_environment[@]}")
for entry in "${environment[@]}"; do [[ $entry == PATH=* ]] && path=${entry#PATH=}; done

# 3. and 4. What would fail after the report, fails before it.
cd -- "$record_directory" 2>/dev/null || refuse 72 "cannot enter the working directory $record_directory"
program=${record_command[0]} found='' blocked=''
if [[ $program == */* ]]; then candidates=("$program"); else
  rest=$path: candidates=()
  while [[ -n $rest ]]; do candidates+=("${rest%%:*}/$program") rest=${rest#*:}; done
fi
for candidate in "${candidates[@]}"; do
  [[ $candidate != "/$program" || $program == /* ]] || candidate=./$program # an empty element of PATH
  if [[ -f $candidate && -x $candidate ]]; then found=1 && break; fi
  if [[ -e $candidate && ! -d $candidate ]]; then blocked=$candidate; fi
done
if [[ -z $found && -n $blocked ]]; then refuse 126 "$blocked is not executable"; fi
if [[ -z $found && $program == */* ]]; then refuse 127 "$program: no such program"; fi
[[ -n $found ]] || refuse 127 "$program: command not found in PATH=$path"

# 5. Ready: the session exists, its marks are set, this process is in the unit, directory and command are good. agent-run.sh tells
# systemd, meanwhile.
if [[ ${4:-} != heard ]]; then
  # But for a unit with a low task limit; and an agent-run.sh of before, which an upgrade has met at its start, only waits for the word.
  for entry in "${inherited[@]}"; do
    [[ $entry == NOTIFY_SOCKET=* ]] || continue
    env "$entry" systemd-notify --ready || refuse 69 "systemd did not take the report that $agent is ready"
  done
fi
{ echo ready >"/proc/$main/fd/8"; } 2>/dev/null

# 6. Exported, and not given to env(1) as words, where anybody on the host could read the secrets in them with ps. From
# here on only names with the prefix _fleet_ are used, for any other may be overwritten. What bash gives a meaning of its
# own, or cannot export, does go through env: such names hold no secrets.
_fleet_environment=("${environment[@]}") _fleet_command=("${record_command[@]}") _fleet_prepare=("${record_prepare[@]}") _fleet_input=$record_input _fleet_turn=$record_turn _fleet_procs=$tracking/cgroup.procs _fleet_words=() _fleet_inherited=()
mapfile -d '' -t _fleet_inherited </proc/self/environ
for _fleet_entry in "${_fleet_inherited[@]}"; do
  [[ ${_fleet_entry%%=*} =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] && unset -v "${_fleet_entry%%=*}"
done 2>/dev/null
for _fleet_entry in "${_fleet_environment[@]}"; do
  # shellcheck disable=SC2163 # an entry is KEY=VALUE: the word that export takes
  case ${_fleet_entry%%=*} in
    '' | [0-9]* | *[!A-Za-z0-9_]* | _fleet_* | IFS | BASH* | EPOCH* | RANDOM | SRANDOM | SECONDS | LINENO | HISTCMD | GROUPS | \
      DIRSTACK | FUNCNAME | PIPESTATUS | COMP_* | SHELLOPTS | POSIXLY_CORRECT | UID | EUID | PPID | OPT* | MAPFILE | REPLY | SHLVL | OLDPWD | _)
      _fleet_words+=("$_fleet_entry")
      ;;
    *)
      # A name that is an array of this script's until now would not be exported.
      unset -v "${_fleet_entry%%=*}"
      export "$_fleet_entry"
      ;;
  esac
done
# env takes the leading words with a `=` for assignments; nice -n 0 changes nothing and protects such a program's name.
# SHLVL, OLDPWD and _ are bash's own additions.
if [[ ${_fleet_command[0]} == *=* ]]; then _fleet_command=(/usr/bin/nice -n 0 -- "${_fleet_command[@]}"); fi
_fleet_env=(/usr/bin/env -u SHLVL -u OLDPWD -u _ -- "${_fleet_words[@]}")

# 7. One at a time in a home: two opencodes at once (1.18) both make the tables of their new database, or both bring in the log of one
# that was killed, and the second one's start fails where it finds that locked. The directory itself is locked, so that no file is
# left; where it cannot be, they go on as they are.
_fleet_lock=''
if [[ ${#_fleet_prepare[@]} -gt 0 || -n $_fleet_turn ]]; then
  if [[ -d ${HOME-} ]] && { exec {_fleet_lock}<"$HOME"; } 2>/dev/null; then
    /usr/bin/flock -w 600 "$_fleet_lock" 2>/dev/null
  else exec {_fleet_lock}</dev/null; fi
fi

# 8. What makes the new conversation that the command is to be started in. After the report: it takes seconds, of many agents
# at once minutes, and a start would be given up. Not in the background: Ctrl-C and the end of the session end it.
if [[ ${#_fleet_prepare[@]} -gt 0 ]]; then
  if [[ ${_fleet_prepare[0]} == *=* ]]; then _fleet_prepare=(/usr/bin/nice -n 0 -- "${_fleet_prepare[@]}"); fi
  _fleet_now=${EPOCHREALTIME/[.,]/}
  _fleet_input=${_fleet_input//'{ms}'/${_fleet_now%???}}
  TZ=UTC0 printf -v _fleet_entry '%(%Y-%m-%dT%H:%M:%S)T' "${_fleet_now%??????}"
  _fleet_now=${_fleet_now: -6:3}
  _fleet_input=${_fleet_input//'{iso}'/${_fleet_entry}.${_fleet_now}Z}
  "${_fleet_env[@]}" /usr/bin/timeout --foreground -k 5 120 "${_fleet_prepare[@]}" <<<"$_fleet_input" >/dev/null {_fleet_lock}<&-
  _fleet_status=$?
  if ((_fleet_status)); then
    refuse "$_fleet_status" "its new conversation could not be prepared: ${_fleet_prepare[*]} ended with status $_fleet_status"
  fi
fi

# 9. The lock is kept, by a process that is no child of the agent's, until the agent's program has mapped what it opens at its start
# and holds none of it for itself, has ended, or has taken long: who wraps it may keep it from ever being seen.
_fleet_opened() {
  local line file lines
  mapfile -t lines <"/proc/$1/maps"
  for line in "${lines[@]}"; do [[ $line != */*"$_fleet_turn"* ]] || break; done
  [[ ${line-} == */*"$_fleet_turn"* ]] || return
  for file in "/proc/$1/fdinfo/"*; do
    mapfile -t lines <"$file"
    [[ ${lines[*]} != *POSIX*WRITE* ]] || return
  done
}
_fleet_keep() {
  local try pid pids quiet
  exec {quiet}<> <(:)
  wait "$!"
  for ((try = 0; try < 200; try++)); do
    read -r -t 0.1 -u "$quiet" _
    kill -0 "$$" || return
    pids=()
    mapfile -t pids <"$_fleet_procs"
    for pid in "${pids[@]}"; do ! _fleet_opened "$pid" || return; done
  done
}
if [[ -n $_fleet_turn ]]; then (_fleet_keep &) </dev/null >/dev/null 2>&1; fi
[[ -z $_fleet_lock ]] || exec {_fleet_lock}<&-
exec "${_fleet_env[@]}" "${_fleet_command[@]}"
