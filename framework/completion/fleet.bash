# bash completion for fleet. Load it with: source <(fleet completion bash)
# Words go to fleet as they were typed: nothing on the line is evaluated.
# shellcheck shell=bash
_fleet() {
  local word value
  local -a words=()
  # bash takes --for=ready apart.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if ((${#words[@]} > 0)) && [[ $word == = || ${words[-1]} == --*= ]]; then words[-1]+=$word; else words+=("$word"); fi
  done
  COMPREPLY=()
  while IFS=$'\t' read -r value _; do
    [[ ${words[-1]-} != --*=* ]] || value=${value#*=}
    [[ -z $value ]] || COMPREPLY+=("$value")
  done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2>/dev/null)
}
complete -o default -F _fleet fleet
