# shellcheck shell=bash disable=SC2034 # the variables set here are read by the scripts that source this file
# The launch record: what fleet wants an agent to be started with. A sequence of NUL-terminated strings, since NUL is
# the one byte that neither an argument nor an environment entry can hold:
#   fleet-launch-4, agent, session, working directory, spec hash, context hash, conversation id (may be empty),
#   stop grace in ms, number E of environment entries, E x KEY=VALUE, number A of words, A x word,
#   number R of words that resume the conversation (0: it cannot be), R x word, `mend` or nothing,
#   number S of signs that there is something to resume, S x (variable, path below HOME, glob, text in the file),
#   number P of words that are run before a new conversation (0: none are), P x word, what they read,
#   what a process has mapped when another of its home may be started (empty: they may at once)
# A sign's glob is looked for below the directory that the variable names, else below the path in HOME; see conversation.sh.
# fleet-launch-1, of earlier versions, ends with the first words, fleet-launch-2 with the signs, fleet-launch-3 with what is read.

# POSIXLY_CORRECT in the user manager's environment reaches bash -p, too, and then the first `exec`, `:` or `unset` that fails would end
# the script without a word.
set +o posix

# read_record FILE AGENT: sets record_session … record_command, record_resume, record_mend, record_signs, record_prepare, record_input, record_turn, or record_error and status 1. Starts no process.
# The caller has set LC_ALL=C: lengths are bytes.
read_record() {
  local file=$1 agent=$2 fd key value position='' size=0 entries words word rest signs prepare number='^(0|[1-9][0-9]{0,5})$'
  local -a record=()
  record_error=
  { exec {fd}<"$file"; } 2>/dev/null || { record_error='cannot be read'; return 1; }
  { mapfile -d '' -t record <&"$fd"; } 2>/dev/null
  # mapfile (bash 5.2) also takes a last string without its NUL: a file cut off inside its last word would pass.
  # The file offset tells how many bytes there were, without a process for it.
  while read -r key value; do [[ $key == pos: ]] && position=$value; done <"/proc/self/fdinfo/$fd"
  exec {fd}<&-
  for word in "${record[@]}"; do size=$((size + ${#word} + 1)); done

  [[ ${record[0]-} == fleet-launch-[1234] ]] || { record_error='is not a launch record of this version'; return 1; }
  [[ ${record[1]-} == "$agent" ]] || { record_error="is for agent '${record[1]-}'"; return 1; }
  record_session=${record[2]-} record_directory=${record[3]-} record_spec=${record[4]-} record_context=${record[5]-}
  record_conversation=${record[6]-} record_grace=${record[7]-} entries=${record[8]-}
  # At most six digits: bash arithmetic would wrap silently at 64 bits.
  [[ $entries =~ $number ]] || { record_error='is truncated'; return 1; }
  words=${record[9 + entries]-}
  [[ $words =~ ^[1-9][0-9]{0,5}$ && $size -eq $position ]] || { record_error='is truncated'; return 1; }
  rest=$((10 + entries + words)) record_resume=() record_mend='' record_signs=() record_prepare=() record_input='' record_turn=''
  if [[ ${record[0]} != fleet-launch-1 ]]; then
    word=${record[rest]-}
    [[ $word =~ $number ]] || { record_error='is truncated'; return 1; }
    signs=${record[rest + 2 + word]-}
    [[ $signs =~ $number ]] || { record_error='is truncated'; return 1; }
    record_resume=("${record[@]:rest + 1:word}") record_mend=${record[rest + 1 + word]}
    record_signs=("${record[@]:rest + 3 + word:4 * signs}")
    rest=$((rest + 3 + word + 4 * signs))
  fi
  if [[ ${record[0]} == fleet-launch-[34] ]]; then
    prepare=${record[rest]-}
    [[ $prepare =~ $number ]] || { record_error='is truncated'; return 1; }
    record_prepare=("${record[@]:rest + 1:prepare}") record_input=${record[rest + 1 + prepare]}
    rest=$((rest + 2 + prepare))
  fi
  if [[ ${record[0]} == fleet-launch-4 ]]; then record_turn=${record[rest]-} rest=$((rest + 1)); fi
  [[ ${#record[@]} -eq $rest ]] || { record_error='is truncated'; return 1; }
  [[ $record_session =~ ^[A-Za-z0-9_][A-Za-z0-9_-]*$ ]] || { record_error='has no valid session name'; return 1; }
  [[ $record_directory == /* ]] || { record_error='has no absolute working directory'; return 1; }
  [[ $record_grace =~ ^(0|[1-9][0-9]{0,6})$ ]] || { record_error='has no valid stop grace'; return 1; }
  record_environment=("${record[@]:9:entries}")
  record_command=("${record[@]:10 + entries:words}")
  for word in "${record_environment[@]}"; do
    [[ $word == [!=]*=* ]] || { record_error='has an environment entry that is not KEY=VALUE'; return 1; }
  done
  [[ -n ${record_command[0]} ]] || { record_error='has an empty command'; return 1; }
}
