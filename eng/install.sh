#!/bin/bash
# Installs the operator with Helm on the cluster of cluster.sh, which has loaded the images that images.sh made, or upgrades it to them.
#
#   install.sh
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
helm=$("$here/helm.sh" 4)/helm

digest() { "$here/images.sh" --reference "$1" | sed 's/.*@//'; }

"$here/cluster.sh" exec "$helm" upgrade --install mhc-operator "$here/../charts/mhc-operator" --namespace mhc-system --create-namespace \
  --set "image.digest=$(digest mhc-operator),trainer.image.digest=$(digest mhc-trainer)" --wait --timeout 6m
cat << EOF

Try:

  alias kubectl='$here/cluster.sh exec kubectl'
  kubectl apply -f examples/quickstart.yaml
  kubectl get mhcjob -w
  kubectl describe mhcjob quickstart

and \`make cluster-down\` when you are done.
EOF
