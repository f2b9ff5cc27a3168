# shellcheck shell=bash
# must and fail are the caller's.

# checkout URL COMMIT FOLDER: git itself verifies what it fetches against the commit's hash.
checkout() {
  mkdir -p "$3"
  git -C "$3" init --quiet
  must "Sources: cannot fetch commit $2 of $1" git -C "$3" fetch --quiet --depth 1 "$1" "$2"
  git -C "$3" -c advice.detachedHead=false checkout --quiet FETCH_HEAD
  [[ $(git -C "$3" rev-parse HEAD) == "$2" ]] || fail "Sources: got commit $(git -C "$3" rev-parse HEAD) of $1; \
allowed is $2"
}
