#!/bin/bash
# Stands in for TF Serving's binary, which nobody publishes for arm64: TensorFlow's own wheel behind the model server of
# this library, which knows the same flags but for gRPC's.
declare -a flags=()
for flag; do
  case $flag in
    --port=*) ;;
    --version)
      packages=(/usr/local/lib/python3.11/dist-packages/tensorflow*-2.*.dist-info)
      version=${packages[0]##*/tensorflow*-}
      printf 'TensorFlow ModelServer: stand-in\nTensorFlow Library: %s\n' "${version%.dist-info}"
      exit
      ;;
    *) flags+=("$flag") ;;
  esac
done
export PYTHONPATH=/opt/model-server PYTHONUNBUFFERED=1
exec python3 -m model_server "${flags[@]}"
