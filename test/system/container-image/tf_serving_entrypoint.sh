#!/bin/bash
# The Deep Learning Container's own script, word for word in what it does: bash stays the first process, and passing
# any flag replaces the image's command.
# https://github.com/aws/deep-learning-containers/blob/master/tensorflow/inference/docker/build_artifacts/sagemaker/tf_serving_entrypoint.sh
/usr/bin/tensorflow_model_server --port=8500 --rest_api_port=8501 --model_name="${MODEL_NAME}" --model_base_path="${MODEL_BASE_PATH}/${MODEL_NAME}" "$@"
