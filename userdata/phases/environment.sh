# Writes what the units read: the boot's variables, the serving environment, TF Serving's own files.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# Quoted so that bash and systemd's EnvironmentFile parser (which knows no '\'' between single quotes)
# read the same value, whatever it holds.
environment_line() { # NAME VALUE
  local value=${2//\\/\\\\}
  value=${value//\"/\\\"} value=${value//\$/\\\$} value=${value//\`/\\\`}
  printf '%s="%s"\n' "$1" "$value"
}

boot_environment() {
  local name
  while IFS= read -r name; do
    case $name in GTF_* | AWS_ENDPOINT_URL | AWS_EC2_METADATA_SERVICE_ENDPOINT) environment_line "$name" "${!name}" ;; esac
  done < <(compgen -e)
}

# write_file PATH: stdin becomes the file, whole or not at all.
write_file() {
  mkdir -p "$(dirname "$1")"
  cat >"$1.new"
  mv "$1.new" "$1"
}

phase_environment() {
  local etc=$root/etc/graviton-tf text
  # In a variable first: a failure inside a pipe would leave half a file.
  text=$(serving_environment)
  write_file "$etc/serving.env" <<<"$text"
  text=$(boot_environment)
  write_file "$etc/boot.env" <<<"$text"
  rm -f "$etc/batching.config" "$etc/monitoring.config"
  [[ -z $GTF_BATCHING ]] || write_file "$etc/batching.config" <<<"$GTF_BATCHING"
  [[ $GTF_MONITORING != true ]] ||
    write_file "$etc/monitoring.config" <<<'prometheus_config { enable: true path: "/monitoring/prometheus/metrics" }'
  say "serving environment:"
  cat "$etc/serving.env"
}
