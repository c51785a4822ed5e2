# shellcheck shell=bash disable=SC2034,SC2154 # set by, and read by, the scripts that source this file
# How the processes of an agent's unit are asked to end, and waited for. Without a process, but for what the scripts' own `meanwhile` begins.

readonly hup=1 term=15
# By pid: the signal each was asked by; those that are not asked (0: one that lives where this script cannot see it).
declare -A asked=() mine=([0]=1 [$$]=1)
# The terminal is gone, and whoever hears of that has been told.
hung_up=''

# open_quiet: sets `quiet`, what is open and never says anything, for timed reads.
open_quiet() {
  local said
  # A here-string is a pipe (bash 5.1), which opened once more for both has always somebody who could write.
  exec {said}<<<''
  if [[ -p /proc/self/fd/$said ]]; then
    read -r -u "$said" _
    exec {quiet}<>"/proc/self/fd/$said" {said}<&-
  else
    exec {quiet}<> <(:) {said}<&-
    wait "$!"
  fi
}

# now: sets `now`, milliseconds on a clock that no one sets.
now() { read -r now _ </proc/uptime && now=$((10#${now/./} * 10)); }

# signals_of PID: sets `hears` (has a handler for, or waits for) and `catches`, masks of the first 16 signals, and `deaf`, whether SIGTERM would
# end it unheard. All of the file at once: what a line leaves of a process that ends meanwhile is read by whoever reads next, from wherever
# (bash cannot seek back).
signals_of() {
  local text='' blocked=0 ignored=0 mask='[[:space:]]*[0-9a-f]+([0-9a-f]{4})[[:space:]]+'
  hears=0 catches=0
  IFS= read -r -d '' text <"/proc/$1/status"
  if [[ $text =~ SigBlk:${mask}SigIgn:${mask}SigCgt:$mask ]]; then
    blocked=$((16#${BASH_REMATCH[1]})) ignored=$((16#${BASH_REMATCH[2]})) catches=$((16#${BASH_REMATCH[3]}))
    hears=$((blocked | catches))
    # A shell blocks all of them for a moment, again and again; who waits for one blocks that.
    ((!(blocked >> hup - 1 & 1))) || blocked=0
  fi
  deaf=$((!((blocked | ignored | catches) >> term - 1 & 1)))
}

# listens SIGNAL: whether it hears of that.
listens() { ((hears >> $1 - 1 & 1)); }

# session_of PID: sets `session`, by the pid of its leader. With the end of that the kernel hangs up who is in the foreground of its terminal.
session_of() {
  local stat='' fields=()
  IFS= read -r -d '' stat <"/proc/$1/stat"
  # Behind the program's name, which is in parentheses: state, parent, group, session.
  read -r -a fields <<<"${stat##*) }"
  session=${fields[3]-}
}

# ask_all DIRECTORY: asks every process of the tree that was not asked yet: by SIGTERM, or by SIGHUP where it would end of SIGTERM unheard and
# hears of a hangup (`late`: by SIGTERM, too). Those that were not there the first time only where `everyone` is set: who tidies up may have
# begun them for that. Sets `left`, and where `look` is set, `tidying`: one of those asked hears what it got. SIGCONT, because a stopped
# process would take either only after somebody has continued it. The list by mapfile, in one call: line by line, each from where the one before
# ended, whoever follows one that ends meanwhile would be passed over, and killed in its grace.
#
# What SIGTERM would end unheard is spared at first: `spares` is `all`, and `spared` tells that there was such. Then it is `leaders`: who leads
# a session in which somebody tidies up, as what wraps a runtime does. It is asked once nobody has been seen to in the round before.
ask_all() {
  local pid directory hears catches deaf session signal pids=()
  [[ $1 != "$own" || $own == "$unit" ]] || return 0
  mapfile -t pids <"$1/cgroup.procs"
  for pid in "${pids[@]}"; do
    [[ -z ${mine[$pid]-} ]] || continue
    left=1 signal=${asked[$pid]-}
    # Begun since by who tidies up.
    [[ $spares != leaders || -n $signal${first[$pid]-} ]] || continue
    [[ -n $signal$everyone || ${tidied[$pid]-$round} -lt $((round - 1)) ]] || continue
    if [[ -z $signal || (-n $look && (-z $tidying || $spared == leaders)) ]]; then
      signals_of "$pid"
      if [[ -z $signal ]]; then
        signal=$term
        if ((catches >> hup - 1 & 1)) && { [[ -n $hung_up ]] || ((deaf)); }; then signal=$hup; fi
        if [[ $signal == "$term" ]] && ((deaf)) && [[ $spares == all || ($spares == leaders && -n ${tidied[$pid]-}) ]]; then
          spared=$spares first[$pid]=1
          continue
        fi
      fi
      if listens "$signal" || { [[ -n $hung_up ]] && listens $hup; }; then
        tidying=1
        if [[ $spares$spared == @(all*|leaders) ]] && session_of "$pid" && [[ -n $session ]]; then tidied[$session]=$round; fi
      fi
    fi
    [[ -z $late ]] || signal=$term
    [[ ${asked[$pid]-} != "$signal" ]] || continue
    asked[$pid]=$signal
    # Of a hangup it has been told.
    [[ -z $hung_up || $signal == "$term" ]] || continue
    kill -"$signal" "$pid" && kill -CONT "$pid"
  done
  for directory in "$1"/*/; do ask_all "${directory%/}"; done
} 2>/dev/null

# end_all GRACE: asks all processes of the unit (`tracking`, which may be where this script stands, below it), and waits for that so many
# milliseconds at most. Calls `meanwhile` each round, which may hang up the terminal.
end_all() {
  local round=0 half deadline look=1 late='' everyone=1 spares='' spared='' left tidying=''
  # By session: the last round in which somebody tidied up there.
  local -A tidied=() first=()
  own=$tracking unit=${tracking%/.control}
  shopt -s nullglob dotglob
  now
  deadline=$((now + $1)) half=$((now + $1 / 2))
  # Who is hung up needs no terminal.
  [[ -n $hung_up ]] || spares=all
  ask_all "$unit"
  if [[ -n $spared ]]; then spares=leaders spared='' && ask_all "$unit"; fi
  spares=''
  look=''
  meanwhile
  for ((round = 1; ; round++)); do
    left='' tidying='' look='' everyone=$late
    # Who does not hear of it has ended by then, or ignores it, as an interactive shell does. (What was spared goes on with what it does next.)
    [[ -z $spared ]] && ((round % 5)) || look=1
    ask_all "$unit"
    if [[ -n $look && -z $tidying$late ]]; then everyone=1 spared='' && ask_all "$unit"; fi
    now
    if [[ -z $left ]] || ((now >= deadline)); then break; fi
    ((now < half)) || late=1
    meanwhile
    read -r -t 0.02 -u "$quiet" _
  done
}
