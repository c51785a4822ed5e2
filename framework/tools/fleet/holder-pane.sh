#!/bin/bash -p
# holder-pane.sh TMUX-VERSION: the program of the holder session. Does nothing, for ever; keys typed into it by mistake
# do not end it.
#
# For tmux before 3.5 it also reminds the server, once a second, to look for dead children. There, a pane's death is
# often never noticed (3.3a as in Debian 12): at the end of the terminal the server runs libutempter, which for some
# milliseconds puts its own handler in place of the server's; a SIGCHLD that arrives then is lost, the process stays a
# zombie, and `pane-died` does not fire. The next SIGCHLD, of whatever origin, heals it. agent-run.sh keeps the terminals
# of agents from ending first; this is for adopted ones.
set -u
trap '' INT QUIT TSTP
case ${1:-} in
  2.* | 3.[0-4] | 3.[0-4][a-z]*)
    exec {quiet}<> <(:)
    wait "$!"
    while kill -CHLD "$PPID" 2>/dev/null; do read -r -t 1 -u "$quiet" _; done
    ;;
esac
exec sleep infinity
