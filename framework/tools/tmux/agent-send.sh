#!/bin/bash -p
# agent-send.sh -s AGENT [-m TEXT | -f FILE] [-L SOCKET] [-H USER@HOST] [-n HOST] [-S LABEL] [-r COUNT] [-v]
#
# Sends a message to an agent of the fleet, here or on another host. Delivery is fleet's: this only passes words on. The text
# travels on standard input, so nothing in it meets a shell; without -m and -f it is read from there.
#   -s agent or session   -L the fleet's tmux socket   -H over ssh   -n name of this host in the preamble   -S who speaks
#   -r most extra Enters   -v say what is done. Exit status: fleet's (0 delivered or queued, 4 not); 3 usage.
set -u
usage() { sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 3; }

target='' text='' file='' socket='' remote='' host='' label='' retries='' verbose='' given=''
while getopts :s:m:f:L:H:n:S:r:v option; do
  case $option in
    s) target=$OPTARG ;;
    m) text=$OPTARG given=1 ;;
    f) file=$OPTARG ;;
    L) socket=$OPTARG ;;
    H) remote=$OPTARG ;;
    n) host=$OPTARG ;;
    S) label=$OPTARG ;;
    r) retries=$OPTARG ;;
    v) verbose=1 ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[[ -n $target && $target != -* && $# -eq 0 && -z ${given:+$file} && $remote != -* ]] || usage
[[ -z $retries || $retries =~ ^[0-9]{1,2}$ ]] || usage
[[ -z $file || -r $file ]] || { printf 'agent-send: cannot read %s\n' "$file" >&2 && exit 3; }
# Installed below another home than the usual one, it means that one.
home=$(cd -- "${BASH_SOURCE[0]%/*}/../.." 2>/dev/null && pwd)
[[ -n ${MOSAIC_HOME:-} || ! -e $home/fleet/environment ]] || export MOSAIC_HOME=$home

words=(agent send "$target" --file -)
# Where it may be meant alone: the fleet of another host may know no such word.
[[ $target != *_* ]] || words+=(--session)
[[ -z $socket ]] || words+=(--socket "$socket")
[[ -z $retries ]] || words+=(--retries "$retries")
if [[ -n $remote ]]; then
  # The other host cannot know who we are.
  words+=(--source "${host:-$(uname -n)}:${label:-${MOSAIC_AGENT_NAME:-operator}}")
else
  [[ -z $host ]] || words+=(--host-name "$host")
  [[ -z $label ]] || words+=(--source-label "$label")
fi
[[ -z $verbose ]] || printf 'agent-send: fleet %s%s\n' "${words[*]}" "${remote:+ on $remote}" >&2

pass() {
  if [[ -z $remote ]]; then "${MOSAIC_FLEET:-fleet}" "${words[@]}"
  else
    # With the environment that a login has there, for a PATH that has fleet in it. The profile that makes it runs apart, and reads
    # nothing: one that becomes another shell (`exec zsh`) would run the message as its commands, and one that ends would pass for fleet.
    # Quoted twice: for that bash, and for the login shell that starts it. (In one line: %q writes others as $'…', which not every
    # login shell knows.)
    local script quoted
    printf -v quoted '%q ' fleet "${words[@]}"
    # shellcheck disable=SC2016 # for the shell over there
    script='while IFS= read -r -d "" entry && [[ $entry != fleet:end ]]; do' \
      script+=' if [[ -n ${begun-} && ${entry%%=*} != *[!A-Za-z0-9_]* ]]; then export "$entry" 2>/dev/null;' \
      script+=' elif [[ $entry == *fleet:begin ]]; then begun=1; fi;' \
      script+=' done < <(bash -lc "printf %s\\\\0 fleet:begin; env -0; printf %s\\\\0 fleet:end" </dev/null); exec '
    printf -v quoted '%q' "$script$quoted"
    ssh -T -- "$remote" "exec bash -pc $quoted"
  fi
}
if [[ -n $given ]]; then printf '%s' "$text" | pass
elif [[ -n $file ]]; then pass <"$file"
else pass; fi
