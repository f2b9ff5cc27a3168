# The model: the whole base path from an asset, or the newest whole version from a bucket.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

phase_model() {
  local base=$var/models/$GTF_MODEL_NAME version found=''
  case $GTF_MODEL_SOURCE in
    asset) fetch_tree "$GTF_MODEL_BUCKET" "$GTF_MODEL_KEY" "$GTF_MODEL_SHA256" "$base" ;;
    bucket) must 'cannot fetch the model' "$home/model/sync.sh" --wait 120 ;;
  esac
  for version in "$base"/*/saved_model.pb*; do
    version=$(basename "$(dirname "$version")")
    [[ $version =~ ^[0-9]+$ ]] && found+=" $version"
  done
  [[ -n $found ]] || fail "the model '$GTF_MODEL_NAME' has no folder <version>/saved_model.pb"
  say "versions of the model:$found"
}
