# Rendered by `launch render demo` from recipes/demo.toml and its lock; edit those instead.
# `launch build demo` creates the context: hashed wheels, each unpacked below wheels/, and the project's files.
# docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04
FROM docker.io/nvidia/cuda@sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2
ENV VIRTUAL_ENV=/opt/venv \
    PATH="/opt/venv/bin:${PATH}"
RUN ["/bin/bash", "-euo", "pipefail", "-c", "\
  missing=$(for p in python3.11 g++; do [[ $p != *=* && $(dpkg-query -Wf='${db:Status-Abbrev}' $p 2>/dev/null || true) == ii* ]] || echo $p; done); \
  if [[ -z $missing ]]; then exit 0; fi; \
  export DEBIAN_FRONTEND=noninteractive; \
  rm -f /etc/apt/sources.list.d/cuda*; \
  tls=; [[ -e /etc/ssl/certs/ca-certificates.crt ]] || tls=-oAcquire::https::Verify-Peer=false; \
  rm -rf /tmp/apt; cp -aL /etc/apt /tmp/apt; \
  lists() { find /tmp/apt -type f '(' -name '*.list' -o -name '*.sources' ')' -exec \"$@\" {} +; }; \
  place=$(lists sed -n 's%^#[^:]*\\(https\\?://[A-Za-z0-9:/._~+-]*/\\)debian\\(-security\\)\\?/[0-9]\\{8\\}T[0-9]\\{6\\}Z/*\\( .*\\)\\?$%\\1%p' | sort -u); \
  place=${place%%[[:space:]]*}; \
  [[ -z $place ]] || lists sed -i 's#https\\?://\\([a-z0-9.-]*\\.\\)\\?debian\\.[a-z]*/debian\\(-security\\)\\?/*\\([ ]\\|$\\)#'$place'debian\\2/20250606T080910Z/\\3#g'; \
  if [[ -n $(lists sed -n '/^[^#]*20250606T080910Z/p') ]]; then \
  dated=\"-oDir::Etc=/tmp/apt -oAcquire::Check-Valid-Until=false $tls\"; \
  else dated=; echo 'launch: warning: the versions of python3.11 and g++ depend on the day of the build: the lists of sources in the base image name a mirror or no dated archive'; fi; \
  code=0; LC_ALL=C apt-get update -q $dated 2>&1 | tee /tmp/apt/said || code=$?; \
  lost=$(sed -n 's%^\\(E: \\|W: Failed to fetch \\)[^:]*\\(http[^ ]*20250606T080910Z\\).*%\\2%p' /tmp/apt/said | sort -u); \
  if [[ -n $lost ]]; then echo \"apt cannot read ${lost//$'\\n'/ and }\"; echo 'launch: hint: under [apt] in launch.toml, set debian to a mirror of it (\"http://HOST/archive/{archive}/{date}\"), or to \"live\" for the versions of the day of the build; then run `launch lock RECIPE`'; exit 1; fi; \
  [[ $code == 0 ]] || exit $code; \
  apt-get install -q -y --no-install-recommends $dated $missing; \
  rm -rf /tmp/apt; \
  apt-get clean; \
  find /usr/lib/python3* -name __pycache__ -prune -exec rm -rf {} +; \
  /usr/bin/python3.11 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3.11; \
  rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/aux-cache /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/*"]
COPY venv/ /opt/venv/
COPY wheels/numpy/ /opt/venv/
RUN ["/bin/bash", "-euo", "pipefail", "-c", "\
  /opt/venv/bin/python3 -c pass; \
  if ! PYTHONHASHSEED=0 /opt/venv/bin/python3 -B -m compileall -qq -j1 --invalidation-mode checked-hash /opt/venv/lib/python3.11/site-packages; then \
  [[ -n $(find /opt/venv/lib/python3.11/site-packages -name '*.pyc' -print -quit) ]] || \
  { echo 'no file below /opt/venv/lib/python3.11/site-packages could be compiled' >&2; exit 1; }; \
  fi"]
ENTRYPOINT []
CMD ["python3"]
LABEL org.opencontainers.image.title=demo \
      org.opencontainers.image.version="" \
      org.opencontainers.image.ref.name=localhost/launch/demo \
      org.opencontainers.image.base.name=docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04 \
      org.opencontainers.image.base.digest=sha256:133c78a0575303be34164d0b90137a042172bdf60696af01a3c424ab402d86e2 \
      launch.recipe=sha256:dee4faa475e2ae5e9c7924a3ced9add019831876b117e767b4ffac79872fcd45 \
      launch.lock=sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
