# shellcheck shell=bash disable=SC2154 # the variables read here are set by the scripts that source this file
# How an agent ended, for whoever looks next. (src/observers/exit-record.ts reads it.)

# write_exit_record REASON STATUS SIGNAL RAN CONVERSATION [LINE…]: writes the record of the end of `agent`, at one go. The first
# line has keys, readers ignore the ones they do not know. RAN: seconds; `-`: not known. CONVERSATION: ` how=… conversation=…`, or
# nothing. Takes `record_spec`, MOSAIC_FLEET_STATE and INVOCATION_ID from the script. Of a record it fails to write, only the
# journal knows.
write_exit_record() {
  local reason=$1 status=$2 signal=$3 ran=$4 conversation=$5 directory=${MOSAIC_FLEET_STATE:-}/exits line uptime boot pid
  shift 5
  # For delays, on a clock that no one sets.
  read -r uptime _ </proc/uptime && read -r boot </proc/sys/kernel/random/boot_id
  umask 077
  if [[ -n ${MOSAIC_FLEET_STATE:-} ]] && { [[ -d $directory ]] || mkdir -p -- "$directory"; } &&
    {
      printf 'v1 reason=%s status=%s signal=%s at=%s spec=%s invocation=%s ran=%s uptime=%s boot=%s%s\n' \
        "$reason" "$status" "$signal" "$EPOCHSECONDS" "$record_spec" "${INVOCATION_ID:--}" "$ran" "$uptime" "$boot" "$conversation" &&
        for line; do printf '%s\n' "$line"; done
    } >"$directory/.$agent.$$" && mv -f -- "$directory/.$agent.$$" "$directory/$agent"; then
    # Of who was killed in the middle of it.
    for line in "$directory/.$agent."*; do
      pid=${line##*.}
      [[ $line != "$directory/.$agent.$pid" || ! $pid =~ ^[0-9]+$ || -e /proc/$pid ]] || rm -f -- "$line"
    done
    return 0
  fi
  rm -f -- "$directory/.$agent.$$"
  echo "the exit record $directory/$agent could not be written" >&2
}

# exit_recorded [REASON|…]: whether this very start of the unit has a record of its end, with such a reason.
exit_recorded() {
  local head=''
  { IFS= read -r head <"${MOSAIC_FLEET_STATE:-}/exits/$agent"; } 2>/dev/null
  [[ "$head " == *" invocation=$INVOCATION_ID "* && ( $# -eq 0 || $head =~ ^v1\ reason=($1)\  ) ]]
}
