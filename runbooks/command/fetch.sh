# shellcheck shell=bash disable=SC2154 # work: work.sh

# fetch NAME URL FILE CHECKSUM: the file, whole and as its checksum says, or the sentence why not.
fetch() {
  local name=$1 url=$2 file=$3 kind=${4%%:*} found
  local shown=${url%%\?*} # what follows may be a signature
  say "fetching $shown"
  case $url in
    s3://*) must "$name: cannot fetch $shown, for which the instance's role needs s3:GetObject" \
      aws s3 cp --only-show-errors "$url" "$file" ;;
    *) must "$name: cannot fetch $shown" curl --silent --show-error --fail --location --proto-redir =https \
      --connect-timeout 20 --retry 3 --speed-time 60 --speed-limit 1000 --output "$file" "$url" ;;
  esac
  found=$(sha256sum "$file" | cut -d ' ' -f 1)
  if [[ -n $4 ]]; then
    [[ $kind == sha256 ]] || found=$("${kind}sum" "$file" | cut -d ' ' -f 1)
    [[ $kind:$found == "$4" ]] || fail "${name}Checksum: $shown has $kind:$found; allowed is $4"
    found=$(sha256sum "$file" | cut -d ' ' -f 1)
  fi
  # What was measured with, also where no checksum said what it must be.
  printf '%s\t%s\tsha256:%s\t%s\n' "$name" "$shown" "$found" "$([[ -n $4 ]] && echo verified || echo unverified)" \
    >>"$work/sources"
}
