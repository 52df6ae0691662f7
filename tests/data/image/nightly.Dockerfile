# Rendered by `launch render demo` from recipes/demo.toml and its lock; edit those instead.
# `launch build demo` creates the context: hashed wheels, each unpacked below wheels/, and the project's files.
# docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04
FROM docker.io/nvidia/cuda@sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2
ENV VIRTUAL_ENV=/opt/venv \
    PATH="/opt/venv/bin:${PATH}" \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    GREETING="a \"b\" \$c \\d" \
    HF_HOME=/data/hf
RUN ["/bin/bash", "-euo", "pipefail", "-c", "\
  missing=$(for p in python3.12 gcc libc6-dev; do [[ $p != *=* && $(dpkg-query -Wf='${db:Status-Abbrev}' $p 2>/dev/null || true) == ii* ]] || echo $p; done); \
  if [[ -z $missing ]]; then exit 0; fi; \
  export DEBIAN_FRONTEND=noninteractive; \
  rm -f /etc/apt/sources.list.d/cuda*; \
  tls=; [[ -e /etc/ssl/certs/ca-certificates.crt ]] || tls=-oAcquire::https::Verify-Peer=false; \
  rm -rf /tmp/apt; cp -aL /etc/apt /tmp/apt; \
  lists() { find /tmp/apt -type f '(' -name '*.list' -o -name '*.sources' ')' -exec \"$@\" {} +; }; \
  lists sed -i 's#https\\?://\\([a-z0-9.-]*\\.\\)\\?\\(archive\\|security\\|ports\\)\\.\\(ubuntu\\.com\\)/ubuntu\\(-ports\\)\\?/*\\([ ]\\|$\\)#https://snapshot.\\3/ubuntu/20250606T080910Z/\\5#g'; \
  if [[ -n $(lists sed -n '/^[^#]*20250606T080910Z/p') ]]; then \
  dated=\"-oDir::Etc=/tmp/apt -oAcquire::Check-Valid-Until=false $tls\"; \
  else dated=; echo 'launch: warning: the versions of python3.12, gcc and libc6-dev depend on the day of the build: the lists of sources in the base image name a mirror or no dated archive'; fi; \
  code=0; LC_ALL=C apt-get update -q $dated 2>&1 | tee /tmp/apt/said || code=$?; \
  lost=$(sed -n 's%^\\(E: \\|W: Failed to fetch \\)[^:]*\\(http[^ ]*20250606T080910Z\\).*%\\2%p' /tmp/apt/said | sort -u); \
  if [[ -n $lost ]]; then echo \"apt cannot read ${lost//$'\\n'/ and }\"; echo 'launch: hint: check that containers of this machine reach it'; exit 1; fi; \
  [[ $code == 0 ]] || exit $code; \
  apt-get install -q -y --no-install-recommends $dated $missing; \
  rm -rf /tmp/apt; \
  apt-get clean; \
  find /usr/lib/python3* -name __pycache__ -prune -exec rm -rf {} +; \
  /usr/bin/python3.12 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.12; \
  rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/*"]
RUN ["/bin/bash", "-euo", "pipefail", "-c", "\
  if ! grep -q '^trainer:' /etc/passwd; then \
  if grep -q '^[^:]*:[^:]*:1001:' /etc/passwd; then echo 'another user has the ID 1001' >&2; exit 1; fi; \
  [[ -z $(tail -c1 /etc/passwd 2>/dev/null) ]] || echo >>/etc/passwd; echo 'trainer:x:1001:1001::/home/trainer:/bin/bash' >>/etc/passwd; \
  [[ -z $(tail -c1 /etc/group 2>/dev/null) ]] || echo >>/etc/group; echo 'trainer:x:1001:' >>/etc/group; \
  if [[ -e /etc/shadow ]]; then [[ -z $(tail -c1 /etc/shadow 2>/dev/null) ]] || echo >>/etc/shadow; echo 'trainer:!:3652:0:99999:7:::' >>/etc/shadow; fi; \
  if [[ -e /etc/gshadow ]]; then [[ -z $(tail -c1 /etc/gshadow 2>/dev/null) ]] || echo >>/etc/gshadow; echo 'trainer:!::' >>/etc/gshadow; fi; \
  mkdir -p /home/trainer; chmod 0755 /home/trainer; chown 1001:1001 /home/trainer; \
  fi; \
  install -d -o trainer -g $(id -g trainer) /workspace/"]
COPY venv/ /opt/venv/
COPY wheels/nvidia-cudnn-cu12/ /opt/venv/
COPY wheels/nvidia-cublas-cu12/ /opt/venv/
COPY \
    wheels/nvidia-cuda-runtime-cu12/ \
    wheels/nvidia-nvtx-cu12/ \
    /opt/venv/
COPY wheels/torch/ /opt/venv/
COPY wheels/numpy/ /opt/venv/
COPY \
    wheels/filelock/ \
    wheels/typing-extensions/ \
    /opt/venv/
RUN ["/bin/bash", "-euo", "pipefail", "-c", "\
  /opt/venv/bin/python3 -c pass; \
  if ! PYTHONHASHSEED=0 /opt/venv/bin/python3 -B -m compileall -qq -j1 --invalidation-mode checked-hash /opt/venv/lib/python3.12/site-packages; then \
  [[ -n $(find /opt/venv/lib/python3.12/site-packages -name '*.pyc' -print -quit) ]] || \
  { echo 'no file below /opt/venv/lib/python3.12/site-packages could be compiled' >&2; exit 1; }; \
  fi"]
COPY --chown=trainer ["project/0/", "/workspace/"]
COPY ["project/1/", "/opt/our\\ tools/"]
WORKDIR /workspace/
USER trainer
ENTRYPOINT []
CMD ["python3"]
LABEL org.opencontainers.image.title=demo \
      org.opencontainers.image.version=2.8.0.dev20250606+cu128 \
      org.opencontainers.image.ref.name=localhost/launch/demo \
      org.opencontainers.image.base.name=docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 \
      org.opencontainers.image.base.digest=sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2 \
      launch.recipe=sha256:92e3dc89137b3371dfcc87127066a871a5903be6926b38666dd91f522db5ddc2 \
      launch.lock=sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
