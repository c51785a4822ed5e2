#!/bin/bash -p
# controller-run.sh: becomes, by exec, the controller. Main process of mosaic-fleet.service.
# The two paths were recorded by `fleet install`; a moved or upgraded Node is said plainly.
set -u
if [[ ! -x ${MOSAIC_FLEET_NODE:-} || ! -r ${MOSAIC_FLEET_CLI:-} ]]; then
  echo "the controller was installed with ${MOSAIC_FLEET_NODE:-no node} ${MOSAIC_FLEET_CLI:-and no fleet}," \
    "which is not there any more: run \`fleet install\` again" >&2
  exit 69
fi
exec "$MOSAIC_FLEET_NODE" "$MOSAIC_FLEET_CLI" run
