"""TF Serving's REST API over the TensorFlow of a virtual environment.

Started as ``python -m model_server`` with the flag names of tensorflow_model_server. The wire format,
status codes and wording follow TF Serving's sources; each place names the file it follows, under
https://github.com/tensorflow/serving.
"""
