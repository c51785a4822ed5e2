# shellcheck shell=bash disable=SC2034,SC2154 # read by, and set by, the script that sources this file
# Which of its words an agent is started with: those for a new conversation, or those that resume one. Decided here, by what
# is on disk when the process starts, so that a unit that somebody restarts without fleet resumes as well.

# value_of NAME: sets `value` to what the agent will have in that variable.
value_of() {
  local entry
  value=${!1-}
  for entry in "${record_environment[@]}"; do [[ $entry != "$1="* ]] || value=${entry#*=}; done
}

# choose: sets `how`, new or resume. The caller has read the record.
choose() {
  local index below pattern text value file IFS=
  local -a files
  how=new
  [[ ${#record_resume[@]} -gt 0 ]] || return 0
  shopt -s nullglob
  for ((index = 0; index < ${#record_signs[@]}; index += 4)); do
    below=${record_signs[index + 1]} pattern=${record_signs[index + 2]} text=${record_signs[index + 3]} value=
    if [[ $pattern != /* ]]; then
      [[ -z ${record_signs[index]} ]] || value_of "${record_signs[index]}"
      if [[ -z $value ]]; then value_of HOME && value=$value/$below; fi
      # A directory is text, not a pattern.
      value=${value//\\/\\\\} value=${value//\[/\\[} value=${value//\*/\\*} value=${value//\?/\\?}
      pattern=$value/$pattern
    fi
    # shellcheck disable=SC2206 # a glob, and nothing is split with an empty IFS
    files=($pattern)
    for file in "${files[@]}"; do
      # One is enough; a database may be large.
      [[ $how == new || -n $record_mend ]] || break
      [[ -f $file && -s $file ]] || continue
      [[ -z $text ]] || grep -q -s -F -e "$text" -- "$file" || continue
      how=resume
      # Only the runtime's own file is mended, which stands first.
      if [[ $index -eq 0 && -n $record_mend ]]; then mend "$file"; fi
    done
  done
  shopt -u nullglob
}

# mend FILE: removes a last line that a crash cut off. (pi 0.73 loses everything before it at its second resume.)
mend() {
  local torn size
  # (A power cut leaves NULs, which `$(…)` drops, as it does a newline.)
  [[ -n $(tail -c 1 -- "$1" 2>/dev/null | tr '\0' x) ]] || return 0
  torn=$(tail -n 1 -- "$1" | wc -c) && size=$(stat -L -c %s -- "$1") && truncate -s "$((size - torn))" -- "$1" &&
    echo "removed the $torn bytes of a line that was cut off at the end of $1" >&2
}

# former_lives: sets `former` to processes of an earlier life of this unit. systemd goes on without them where SIGKILL does
# not end one (it hangs in the kernel); beside one, no conversation may be continued.
former_lives() {
  local pid lives procs
  former=''
  read_cgroups self
  for procs in "$tracking"/cgroup.procs "$tracking"/*/cgroup.procs; do
    [[ -e $procs ]] || continue
    # Not line by line: whoever follows one that ends meanwhile would be passed over.
    lives=()
    mapfile -t lives <"$procs"
    for pid in "${lives[@]}"; do [[ $pid == "$$" ]] || former+="$pid "; done
  done 2>/dev/null
}
