#!/bin/bash -p
# holder-ready.sh [reload]: ExecStartPost (and ExecReload) of mosaic-tmux-holder.service. Succeeds when the server that answers on the
# socket is the unit's own main process, the holder session exists, and the operator's tmux.conf and then ours are in force.
# A reload puts back what somebody has changed on the living server, and disturbs no session on it.
set -u
here=${BASH_SOURCE[0]%/*} home=${BASH_SOURCE[0]%/tools/fleet/*}
# For waiting without a process: nothing is ever written to this pipe. (Children are waited for: agent-stop.sh says why.)
exec {quiet}<> <(:)
wait "$!"

# ask LIMIT COMMAND…: one tmux call that ends, by SIGKILL if need be: a client that gets SIGTERM asks its server to be let
# go (3.3a). -N: if our server has died meanwhile, this call must not start its successor, which would die with us.
ask() { timeout -s KILL "$1" tmux -N -u -L "$MOSAIC_FLEET_SOCKET" "${@:2}"; }

# word TEXT: as an argument of a tmux command. A trailing `;` would end the command (tmux 3.3a).
word() { case $1 in *';') printf '%s\\;' "${1%;}" ;; *) printf '%s' "$1" ;; esac; }

# who_answers: sets server and version. Not by $(…), which a server that hangs would keep open (holder-run.sh).
who_answers() {
  local answer client
  exec {answer}< <(exec tmux -N -u -L "$MOSAIC_FLEET_SOCKET" display-message -p '#{pid} #{version}' 2>/dev/null)
  client=$! server='' version=''
  read -r -t 1 -u "$answer" server version || {
    kill -KILL "$client" 2>/dev/null
    # A part of the answer is none.
    server='' version=''
  }
  exec {answer}<&-
  wait "$client"
}

deadline=$((${EPOCHREALTIME/[.,]/} + 5000000))
until who_answers; [[ $server == "$MAINPID" ]]; do
  # The main process finds out by itself that the socket is somebody else's, and its status 73 is what keeps systemd from
  # trying again: it has to be first.
  if ! kill -0 "$MAINPID" 2>/dev/null; then
    echo "the tmux server (process $MAINPID) did not come up on socket '$MOSAIC_FLEET_SOCKET'" >&2
    exit 1
  fi
  if ((${EPOCHREALTIME/[.,]/} > deadline)); then
    echo "socket '$MOSAIC_FLEET_SOCKET': after 5 seconds ${server:-nobody} answers, not our tmux server $MAINPID" >&2
    exit 1
  fi
  read -r -t 0.01 -u "$quiet" _
done

# destroy-unattached is set on the session itself, since the operator's file, read next, may have it on globally for a
# moment.
if [[ ${1:-} != reload ]] || ! ask 5 has-session -t "=$MOSAIC_FLEET_HOLDER" 2>/dev/null; then
  # A server that somebody has set so would crash, with every agent (3.3a to 3.6).
  ask 5 if-shell -F '#{==:#{window-size},manual}' 'set-option -g window-size latest' ';' \
    new-session -d -s "$MOSAIC_FLEET_HOLDER" -x 80 -y 24 /bin/bash -p "$(word "$here/holder-pane.sh")" "$version" ';' \
    set-option -t "=$MOSAIC_FLEET_HOLDER:" destroy-unattached off ';' \
    set-option -t "=$MOSAIC_FLEET_HOLDER:" @fleet_home "$(word "$home")" || exit 1
fi

# The operator's file is read by a client and not by `-f`, because of what tmux 3.3a does with its faults: from `-f` the
# messages appear in view mode over the first session's pane, and a `run-shell` that hangs blocks the whole server.
# From a client the messages land here, in the journal, and a hanging client can be left behind.
# source-file takes a glob pattern.
pattern=${home//\\/\\\\} pattern=${pattern//\[/\\[} pattern=${pattern//\*/\\*} pattern=${pattern//\?/\\?}
again=${1:-}
if [[ -e $home/fleet/tmux.conf ]]; then
  ask 5 source-file "$pattern/fleet/tmux.conf" >&2 ||
    echo "$home/fleet/tmux.conf has faults (see above, or it took longer than 5 seconds); the rest of it is in force" >&2
  again=1
fi
[[ -z $again ]] || ask 5 source-file "$pattern/tools/fleet/fleet.tmux.conf" >&2 || exit 1
exit 0
