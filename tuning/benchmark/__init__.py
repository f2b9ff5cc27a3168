"""A model measured by MLCommons' LoadGen: in this process, or through a server by REST or gRPC."""
