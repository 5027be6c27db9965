# shellcheck shell=bash
# Names of services and of the pods behind headless ones, from the API into dnsmasq.

serve_dns() {
  local names=/run/dns-names server
  : > "$names"
  LD_LIBRARY_PATH=$libraries dnsmasq --keep-in-foreground --no-resolv --no-hosts --addn-hosts="$names" \
    --listen-address="$dns_address" --bind-interfaces --user=root --pid-file= --local=/cluster.local/ &
  server=$!
  while kill -0 "$server"; do
    kubectl get endpoints --all-namespaces --watch -o name | while read -r _; do
      while read -r -t 0.05 _; do :; done # one rewrite for a burst of changes
      list_names > "$names.new"
      if ! cmp -s "$names.new" "$names"; then
        cat "$names.new" > "$names"
        kill -HUP "$server"
      fi
    done || sleep 1
  done
}

# Lines of a hosts file: "ADDRESS SERVICE.NAMESPACE.svc.cluster.local" and, for headless services, their pods' hostnames.
list_names() {
  { ask api/v1/endpoints && ask api/v1/services; } | jq --slurp --raw-output '
    def id: "\(.metadata.namespace)/\(.metadata.name)";
    (.[0].items | map({key: id, value: .}) | from_entries) as $endpoints
    | .[1].items[]
    | "\(.metadata.name).\(.metadata.namespace).svc.cluster.local" as $name
    | if .spec.clusterIP != "None" then "\(.spec.clusterIP) \($name)"
      else $endpoints[id].subsets[]?.addresses[]?
        | "\(.ip) \($name)", (select(.hostname) | "\(.ip) \(.hostname).\($name)")
      end'
}
