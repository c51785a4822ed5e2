#!/bin/bash -p
# holder-run.sh: becomes, by exec, the tmux server of the fleet's socket.
# Main process of mosaic-tmux-holder.service. Exit 73: another server owns the socket.
# (bash -p: BASH_ENV and exported functions of the user manager's environment have no say in here.)
set -u
here=${BASH_SOURCE[0]%/*}

# Panes inherit what the server has.
[[ -n ${TMUX_TMPDIR:-} ]] || unset TMUX_TMPDIR
# A fleet recorded with its own TMUX_TMPDIR, for example below /run, must come up after a reboot too.
if [[ -n ${TMUX_TMPDIR:-} && ! -d $TMUX_TMPDIR ]]; then (umask 077 && mkdir -p -- "$TMUX_TMPDIR") || exit 73; fi

# `tmux -D` against a living server becomes an ordinary client of it (3.3a): ask first. -N: never start a server here.
# Not by $(timeout … tmux …): a client hands its stdout to the server, so a server that hangs keeps the pipe open after
# the client has been killed, and the substitution never ends.
exec {answer}< <(exec tmux -N -u -L "$MOSAIC_FLEET_SOCKET" display-message -p '#{pid}' 2>/dev/null)
client=$! server='' owner=''
# listens: whether anybody does on such a socket. Who does, and does not answer, hangs; where nobody does, tmux is slow to load.
listens() {
  local line lines flags path
  # Not line by line: what follows a socket that is closed meanwhile would be passed over.
  mapfile -t lines </proc/net/unix
  for line in "${lines[@]}"; do
    read -r _ _ _ flags _ _ _ path <<<"$line"
    [[ $flags != 00010000 || $path != */tmux-"$UID/$MOSAIC_FLEET_SOCKET" ]] || return 0
  done
  return 1
}
for try in 1 2 3 4 5; do
  read -r -t 2 -u "$answer" part
  status=$?
  server+=$part
  [[ $status -gt 128 ]] || break
  if listens; then
    owner='a server that does not answer'
    break
  fi
done
if [[ $status -gt 128 ]]; then kill -KILL "$client"; elif [[ -n $server ]]; then owner="process $server"; fi
exec {answer}<&-
if [[ -z $owner && $status -gt 128 ]]; then
  echo "tmux did not say within $((2 * try)) seconds whether a server runs on socket '$MOSAIC_FLEET_SOCKET'" >&2
  exit 69
fi
if [[ -n $owner ]]; then
  echo "tmux socket '$MOSAIC_FLEET_SOCKET' is owned by another tmux server ($owner), which fleet did not start and" \
    "leaves alone. End it (tmux -L $MOSAIC_FLEET_SOCKET kill-server), or choose another socket_name." >&2
  exit 73
fi

# What the server has in its environment, every pane inherits. These describe the holder's unit, not an agent.
unset NOTIFY_SOCKET INVOCATION_ID JOURNAL_STREAM MAINPID MANAGERPID MANAGERPIDFDID SYSTEMD_EXEC_PID \
  LISTEN_PID LISTEN_PIDFDID LISTEN_FDS LISTEN_FDNAMES WATCHDOG_PID WATCHDOG_USEC \
  MEMORY_PRESSURE_WATCH MEMORY_PRESSURE_WRITE CREDENTIALS_DIRECTORY \
  MOSAIC_FLEET_NODE MOSAIC_FLEET_CLI TMUX TMUX_PANE OLDPWD

# A tmux that is built with systemd (3.5a as in Debian 13) moves each new pane into a scope of its own, by a call over the bus
# that its pane's first process does not wait for: an agent would leave its unit again after it had entered it. Where
# the server finds no bus it leaves panes where they are. fleet.tmux.conf gives panes the address back.
export MOSAIC_FLEET_BUS=${DBUS_SESSION_BUS_ADDRESS:-} DBUS_SESSION_BUS_ADDRESS=disabled:

# -D: stays in the foreground, so the server itself is the unit's main process; does not exit when empty.
exec tmux -u -L "$MOSAIC_FLEET_SOCKET" -f "$here/fleet.tmux.conf" -D
