#!/bin/bash -p
# controller-run.sh: becomes, by exec, the controller. Main process of mosaic-fleet.service.
# The two paths were recorded by `fleet install`; a moved or upgraded Node is said plainly.
set -u
if [[ ! -x ${MOSAIC_FLEET_NODE:-} || ! -r ${MOSAIC_FLEET_CLI:-} ]]; then
  echo "the controller was installed with ${MOSAIC_FLEET_NODE:-no node} ${MOSAIC_FLEET_CLI:-and no fleet}," \
    "which is not there any more: run \`fleet install\` again" >&2
  exit 69
fi
# Where it was installed for, whatever the user manager's environment (environment.d) has by now.
[[ ${MOSAIC_FLEET_STATE:-} != */mosaic/fleet ]] || export XDG_STATE_HOME=${MOSAIC_FLEET_STATE%/mosaic/fleet}
[[ ${MOSAIC_FLEET_UNITS:-} != */systemd/user ]] || export XDG_CONFIG_HOME=${MOSAIC_FLEET_UNITS%/systemd/user}
# It works some milliseconds in fifteen seconds, for months: small is better than fast. A Node that does not know a flag
# would not start with it, and one whose flags are at odds says so on its standard output, which is the journal.
for more in '--lite-mode --no-expose-wasm' --lite-mode ''; do
  # shellcheck disable=SC2206 # words
  small=(--max-semi-space-size=1 --optimize-for-size --no-opt --no-sparkplug --bytecode-old-age=1 $more)
  said=$("$MOSAIC_FLEET_NODE" "${small[@]}" -e 0 2>&1) && [[ -z $said ]] && break
  small=()
done
# What V8 takes for a moment while it compiles goes back to the kernel in blocks of its own, and not only from the heap's end.
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=16384 MALLOC_TRIM_THRESHOLD_=0 MALLOC_TOP_PAD_=0
exec "$MOSAIC_FLEET_NODE" "${small[@]}" "$MOSAIC_FLEET_CLI" run
