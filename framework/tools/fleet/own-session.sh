# shellcheck shell=bash disable=SC2034,SC2154 # set by, and read by, the scripts that source this file
# The agent's tmux session: made with its marks, and made again where the agent's pane has come into another one.

# -N: a server that starts here would live in this agent's cgroup and die with it, and all the others with it.
ask() { tmux -N -u -L "$MOSAIC_FLEET_SOCKET" "$@"; }

# No pane that lives in a session is another agent's own, which a human may have moved there: whoever kills the session would end that agent. For
# the server to judge. (`@fleet_own` is an option of a pane, and moves with it; a human's own pane has none.)
alone='#{==:#{W:#{P:#{?#{||:#{pane_dead},#{||:#{==:#{@fleet_own},},#{==:#{@fleet_own},#{@fleet_unit}}}},,x}}},}'

# word TEXT: sets `word` to TEXT as an argument of a tmux command. A trailing `;` would end the command (tmux 3.3a).
# (No $(…): of a hundred agents that start at once, each subshell is felt.)
word() { case $1 in *';') word=${1%;}\\\; ;; *) word=$1 ;; esac; }

# marking TARGET: sets `marking` to the commands that mark a session as the agent's, without its pane and its context.
marking() {
  local -a marks=(@fleet_agent "$agent" @fleet_home "$home" @fleet_spec "$record_spec" @fleet_unit "${INVOCATION_ID:-}")
  local index word
  [[ -z $record_conversation ]] || marks+=(@fleet_conversation "$record_conversation")
  marking=(set-option -t "$1" destroy-unattached off)
  for ((index = 0; index < ${#marks[@]}; index += 2)); do
    word "${marks[index + 1]}"
    marking+=(';' set-option -t "$1" "${marks[index]}" "$word")
  done
}

# A server that somebody has set so would crash at a new session, with every agent (3.3a to 3.6).
sound=(if-shell -F '#{==:#{window-size},manual}' 'set-option -g window-size latest' ';')

# create: one call, so that nobody ever sees the session without its marks, and a taken name marks nothing.
# No -c: tmux expands formats in it, and falls back silently. The client's own directory is taken as it is.
create() {
  local target="=$record_session:" word context
  word "$record_context"
  context=$word
  word "$here/pane-exec.sh"
  marking "$target"
  local -a call=(
    "${sound[@]}"
    new-session -d -P -F '#{session_id} #{pane_id} #{pane_pid} #{pid} #{window_id} #{pane_tty} #{version}' -s "$record_session" -x 220 -y 50
    /bin/bash -p "$word" "$$" "$agent" "$how" "$teller" ';' # a home may be mounted noexec
    set-option -p -t "$target" remain-on-exit on ';'
    # "Pane is dead" would be the last of the agent's last lines (an option since tmux 3.3, hence -q).
    set-option -pq -t "$target" remain-on-exit-format '' ';'
    # Of the window, for those beside it; of the pane, which may be broken out of it.
    set-option -w -F -t "$target" @fleet_channel 'closed-#{session_id}' ';'
    set-option -p -F -t "$target" @fleet_channel 'closed-#{session_id}' ';'
    set-option -F -t "$target" @fleet_pane '#{pane_id}' ';'
    set-option -p -t "$target" @fleet_own "${INVOCATION_ID:-}" ';'
    # The context in which it is now: `fleet` changes both where a conversation is begun anew.
    set-option -t "$target" @fleet_context "$context" ';' set-option -p -t "$target" @fleet_own_context "$context" ';'
  )
  answer=$(ask "${call[@]}" "${marking[@]}" ';' display-message -p -t "$target" '#{@fleet_pane}' 2>&1) && return
  # It was created, for its row was printed, and then found no more.
  if [[ $'\n'$answer == *$'\n$'[0-9]*' %'[0-9]* && $answer == *@(no such|can\'t find)* ]]; then
    answer="a hook on the server ends or renames it (tmux -L $MOSAIC_FLEET_SOCKET show-hooks -g)"
  fi
  return 1
}

# own_marks: what an operator's hook on after-new-session opens stands before the agent's pane, also for the rest of the call that
# creates it, and was marked in its place: `marked`.
own_marks() {
  local word
  [[ $marked != "$pane" ]] || return 0
  word "$record_context"
  # What was marked last: it may be gone, and a command that fails ends the call.
  ask set-option -t "$session:" @fleet_pane "$pane" ';' set-option -w -t "$pane" @fleet_channel "closed-$session" ';' \
    set-option -p -t "$pane" remain-on-exit on ';' set-option -pq -t "$pane" remain-on-exit-format '' ';' \
    set-option -p -t "$pane" @fleet_own "${INVOCATION_ID:-}" ';' set-option -p -t "$pane" @fleet_own_context "$word" ';' \
    set-option -p -t "$pane" @fleet_channel "closed-$session" ';' set-option -pu -t "$marked" @fleet_channel ';' \
    set-option -pu -t "$marked" remain-on-exit ';' set-option -pu -t "$marked" @fleet_own 2>/dev/null
}

# remove_left_over: of an earlier life of this agent, whose own pane is dead or gone. Decided and done inside the server.
remove_left_over() {
  local listed id pane own dead name line left=''
  listed=$(ask list-panes -s -t "=$record_session:" -F \
    '#{session_id}/#{pane_id}/#{@fleet_pane}/#{pane_dead}/#{@fleet_agent}/#{@fleet_home}' 2>/dev/null) || return 1
  # (The read that finds the end empties its variables.)
  while IFS=/ read -r id pane own dead name line; do
    # (tmux 3.4 prints a backslash before the `$` of a variable.)
    [[ $name == "$agent" && "${line//'\$'/$}" == "${home//'\$'/$}" ]] || return 1
    [[ $pane == "$own" && $dead != 1 ]] && return 1
    left=$id
  done <<<"$listed"
  ask if-shell -F -t "$left:" "#{&&:#{==:#{@fleet_agent},$agent},$alone}" "kill-session -t '$left'" 2>/dev/null
}

# come_home SESSION: the agent's pane lives in that one, where a human has moved it (join-pane, swap-pane, move-window), or whose window
# was in both. It is given its own again, or a new one: only of its own is it told of, typed to and ended. Sets `session` once it is
# there. Status 1: not yet. A client may be killed after the server has done what it asked for: the next try goes on from there.
come_home() {
  local at=$1 own='' place='' from=$1 word client id name="$record_session-$$"
  local -a clients
  has_room
  mapfile -t clients < <(ask list-clients -t "$at" -F '#{client_name}' 2>/dev/null)
  has_room
  while read -r id; do
    case $id in "$at" | "$session") own=$id ;; *) own=${own:-$id} ;; esac
    [[ $id != "$at" ]] || break
  done < <(ask list-sessions -f "#{==:#{@fleet_unit},${INVOCATION_ID:-}}" -F '#{session_id}' 2>/dev/null)
  if [[ -z $own ]]; then
    has_room
    word "$(ask display-message -p -t "$pane" '#{@fleet_own_context}')"
    marking "=$name:"
    has_room
    # A window must have a pane: one that waits until the agent's is there.
    place=$(ask "${sound[@]}" new-session -d -P -F '#{session_id} #{pane_id}' -s "$name" -x 220 -y 50 /bin/sleep 60 ';' "${marking[@]}" ';' \
      set-option -t "=$name:" @fleet_context "$word" ';' set-option -t "=$name:" @fleet_pane "$pane" ';' \
      set-option -p -t "=$name:" remain-on-exit off 2>/dev/null) || return
    own=${place% *} place=${place#* }
  fi
  if [[ $own == "$session" && $own != "$at" ]]; then
    # Swapped: then both go back, for what stands in its place is another agent's, or the human's, whose session would end.
    has_room
    ask if-shell -F -t "$pane" "#{&&:#{!=:#{session_id},$own},#{==:#{window_panes},1}}" \
      "if-shell -F -t '$own:$window' '#{&&:#{==:#{window_id},$window},#{==:#{window_panes},1}}' 'swap-pane -d -s $pane -t $own:$window'" 2>/dev/null
    has_room
    [[ $(ask display-message -p -t "$pane" '#{session_id}' 2>/dev/null) != "$own" ]] || at=$own
  fi
  has_room
  if [[ $own != "$at" ]] && ! ask break-pane -d -s "$pane" -t "$own:" 2>/dev/null; then
    [[ -z $place ]] || ask kill-pane -t "$place" 2>/dev/null
    return 1
  fi
  session=$own
  has_room
  window=$(ask display-message -p -t "$pane" '#{window_id}' 2>/dev/null)
  has_room
  ask set-option -w -t "$pane" @fleet_channel "closed-$session" ';' set-option -p -t "$pane" @fleet_channel "closed-$session" 2>/dev/null
  [[ -z $place ]] || ask kill-pane -t "$place" 2>/dev/null
  # Where somebody has taken the name, the marks will do.
  ask if-shell -F -t "$session:" "#{==:#{session_name},$name}" "rename-session -t '$session:' '$record_session'" 2>/dev/null
  echo "pane $pane of $agent had come into session $from: it is in its own, $session, again" >&2
  for client in "${clients[@]}"; do
    has_room
    # (In a terminal of 80 columns, too.)
    ask display-message -c "$client" -d 8000 "fleet: $agent is back in its session. See it here: TMUX= fleet agent attach $agent" 2>/dev/null
  done
  return 0
}
