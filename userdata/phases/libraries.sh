# The Docker Hub runtime's libraries: what the model server needs beside the TensorFlow that the image has, installed
# once by the image's own Python into a folder of the host, which the server only reads.
# shellcheck shell=bash disable=SC2154 # bootstrap.sh sets root, home, var, instance

# in_image ARGUMENT…: a command that ends, shut in as the server is, by the image's own user.
in_image() {
  docker run --rm --init --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp --log-driver none "$@"
}

# Arm's images run as `ubuntu`, with Python 3.10 and TensorFlow in a virtual environment that is first on PATH. What
# another one has is asked, not assumed.
# https://github.com/ARM-software/Tool-Solutions/blob/tensorflow-pytorch-aarch64--r24.03/docker/tensorflow-aarch64/Dockerfile
phase_libraries() {
  local libraries=$var/libraries staging=$var/staging/libraries requirements=$home/wheel/requirements.txt
  local wanted facts user group minor tensorflow server
  wanted="$GTF_IMAGE requirements=$(sha256sum "$requirements" | cut -d' ' -f1)"
  if [[ $(cat "$libraries/graviton-tf.installed" 2>/dev/null) == "$wanted" ]]; then
    say "the model server's libraries are installed"
    return
  fi
  facts=$(must "cannot run the Python of $GTF_IMAGE" in_image --network none "$GTF_IMAGE" python3 -c \
    'import importlib.util, os, sys; print(os.getuid(), os.getgid(), sys.version_info[1], bool(importlib.util.find_spec("tensorflow")))')
  read -r user group minor tensorflow <<<"$facts"
  [[ $facts =~ ^[0-9]+\ [0-9]+\ [0-9]+\ (True|False)$ ]] || fail "the Python of $GTF_IMAGE says '$facts' of itself"
  server=$(compatibility server)
  ((minor >= ${server#3.})) || fail "$GTF_IMAGE has Python 3.$minor, the model server needs $server or later"
  [[ $tensorflow == True ]] || fail "the Python of $GTF_IMAGE has no TensorFlow"
  ((user != 0)) || fail "$GTF_IMAGE runs as root, expected an image with a user of its own"
  rm -rf "$staging" && mkdir -p "$staging"
  chown "$user:$group" "$staging"
  must "cannot install the model server's libraries in $GTF_IMAGE" in_image \
    --volume "$staging:/libraries" --volume "$home/wheel:/opt/graviton-tf/wheel:ro" "$GTF_IMAGE" \
    python3 -m pip install --quiet --disable-pip-version-check --no-cache-dir --target /libraries \
    --requirement /opt/graviton-tf/wheel/requirements.txt
  # From here on they are the host's: that user's number may be another one's there.
  chown -R "$(id -u):$(id -g)" "$staging"
  echo "$wanted" >"$staging/graviton-tf.installed"
  rm -rf "$libraries" && mv "$staging" "$libraries"
}
