# Rendered by `launch render demo` from recipes/demo.toml and its lock; edit those instead.
# `launch build demo` creates the context: hashed wheels, each unpacked below wheels/, and the project's files.
# docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04
FROM docker.io/nvidia/cuda@sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2
ENV VIRTUAL_ENV=/opt/venv \
    PATH="/opt/venv/bin:${PATH}" \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY python/ /python/
COPY bytecode/python/ /python/
COPY venv/ /opt/venv/
COPY wheels/numpy/ /opt/venv/
COPY bytecode/venv/ /opt/venv/
ENTRYPOINT []
CMD ["python3"]
LABEL org.opencontainers.image.title=demo \
      org.opencontainers.image.version="" \
      org.opencontainers.image.ref.name=localhost/launch/demo \
      org.opencontainers.image.base.name=docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 \
      org.opencontainers.image.base.digest=sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2 \
      launch.recipe=sha256:4f6e2a7096d185724505c8b02219bafd0ba70904bd692e7493a33123ae848113 \
      launch.lock=sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
