#!/bin/bash -p
# send-message.sh -t AGENT [-m TEXT | -f FILE | -b BASE64] [-L SOCKET] [-r COUNT] [-v]
#
# Sends a message to an agent of the fleet as it is, without saying who speaks. Delivery is fleet's.
#   -t agent or session   -b the text in base64   -L the fleet's tmux socket   -r most extra Enters   -v say what is done
# Exit status: 0 sent or queued, 2 a draft stands in the composer, 3 usage, 1 all else: no such target, not sent, or not known whether
# it was taken. What became of it is then on standard error, as `fleet agent send --json` prints it.
set -u
usage() { sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 3; }

target='' text='' file='' encoded='' socket='' retries='' verbose='' given=''
while getopts :t:m:f:b:L:r:v option; do
  case $option in
    t) target=$OPTARG ;;
    m) text=$OPTARG given+=m ;;
    f) file=$OPTARG given+=f ;;
    b) encoded=$OPTARG given+=b ;;
    L) socket=$OPTARG ;;
    r) retries=$OPTARG ;;
    v) verbose=1 ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[[ -n $target && $target != -* && $# -eq 0 && ${#given} -le 1 ]] || usage
[[ -z $retries || $retries =~ ^[0-9]{1,2}$ ]] || usage
[[ $given != m || $text == *[![:space:]]* ]] || usage
[[ $given != f || -r $file ]] || { printf 'send-message: cannot read %s\n' "$file" >&2 && exit 3; }
# All of it, before any of it is sent: what base64 has decoded before it finds a fault would be sent as the message.
[[ $given != b ]] || base64 -d <<<"$encoded" >/dev/null || exit 3

# Installed below another home than the usual one, it means that one.
home=$(cd -- "${BASH_SOURCE[0]%/*}/../.." 2>/dev/null && pwd)
[[ -n ${MOSAIC_HOME:-} || ! -e $home/fleet/environment ]] || export MOSAIC_HOME=$home

words=(agent send "$target" --no-preamble --json --file -)
[[ $target != *_* ]] || words+=(--session)
[[ -z $socket ]] || words+=(--socket "$socket")
[[ -z $retries ]] || words+=(--retries "$retries")
[[ -z $verbose ]] || printf 'send-message: fleet %s\n' "${words[*]}" >&2

fleet=${MOSAIC_FLEET:-fleet}
case $given in
  m) receipt=$(printf '%s' "$text" | "$fleet" "${words[@]}") ;;
  b) receipt=$(printf '%s' "$encoded" | base64 -d | "$fleet" "${words[@]}") ;;
  f) receipt=$("$fleet" "${words[@]}" <"$file") ;;
  *) receipt=$("$fleet" "${words[@]}") ;;
esac
code=$?
[[ (-z $verbose && $code -eq 0) || -z $receipt ]] || printf '%s\n' "$receipt" >&2
[[ $code -ne 0 ]] || exit 0
case $receipt in *'"status":"drafted"'* | *'"reason":"Draft"'*) exit 2 ;; *) exit 1 ;; esac
