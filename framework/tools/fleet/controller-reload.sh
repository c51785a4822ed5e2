#!/bin/bash -p
# controller-reload.sh: has the controller look at everything anew, and returns once it has. ExecReload of
# mosaic-fleet.service; MAINPID is set by systemd.
# A signal alone returns before the controller has said RELOADING=1, and systemd takes the reload for done (252). So a file
# asks as well, and the controller removes it when systemd knows that it is ready again.
set -u
# With POSIXLY_CORRECT in the environment a file that cannot be written would end the script.
set +o posix
umask 077
main=${MAINPID:?} request=${MOSAIC_FLEET_STATE:?}/reload
# Where the file cannot be written (a full disk), the signal has to do.
{ : >"$request"; } 2>/dev/null || request=''
kill -HUP "$main" || exit 69
[[ -n $request ]] || exit 0
exec {quiet}<> <(:)
wait "$!"
# 45 seconds, below TimeoutStartSec, which counts for a reload too.
for ((try = 0; try < 2250; try++)); do
  [[ -e $request ]] || exit 0
  if ! kill -0 "$main" 2>/dev/null; then
    echo 'the controller ended before it had looked at the roster again; the next one does so by itself' >&2
    rm -f -- "$request"
    exit 69
  fi
  read -r -t 0.02 -u "$quiet" _
done
echo "the controller (pid $main) has not looked at the roster for 45 s: systemctl --user restart mosaic-fleet.service" >&2
rm -f -- "$request"
exit 75
