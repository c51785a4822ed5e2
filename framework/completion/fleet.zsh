#compdef fleet
# zsh completion for fleet. Load it with: source <(fleet completion zsh)
# Words go to fleet as they were typed: nothing on the line is evaluated.
_fleet() {
  local -a values
  local value description
  while IFS=$'\t' read -r value description; do
    [[ -z $value ]] || values+=("${value//:/\\:}:$description")
  done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  if ((${#values} > 0)); then _describe fleet values; else _files; fi
}
compdef _fleet fleet
