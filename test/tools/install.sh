#!/usr/bin/env bash
# Installs what the interop and conformance tests run, at pinned versions, on Debian 12 with Go and root (or sudo).
# Whatever is there already at its pinned version is left alone; what is built goes to a folder outside the repository.
set -euo pipefail

HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export HOME
# Where Go is unpacked when it is not on the path.
PATH=$PATH:/usr/local/go/bin
tools=${BERTH_TOOLS:-$HOME/.cache/berth-tools}
bin=$tools/bin
stamps=$tools/stamps
debs=$tools/debs

# name, Go package, version
go_tools='
crane         github.com/google/go-containerregistry/cmd/crane             v0.22.1
oras          oras.land/oras/cmd/oras                                      v1.3.6
regctl        github.com/regclient/regclient/cmd/regctl                    v0.11.7
helm          helm.sh/helm/v4/cmd/helm                                     v4.3.1
cosign        github.com/sigstore/cosign/v3/cmd/cosign                     v3.1.3
cosign-v2     github.com/sigstore/cosign/v2/cmd/cosign                     v2.6.5
conformance   github.com/opencontainers/distribution-spec/conformance      v0.0.0-20260831232431-97274622c111
registry      github.com/distribution/distribution/v3/cmd/registry         v3.1.2
versitygw     github.com/versity/versitygw/cmd/versitygw                   v1.8.0
fake-gcs-server github.com/fsouza/fake-gcs-server                          v1.56.1
toxiproxy-server github.com/Shopify/toxiproxy/v2/cmd/server                v2.5.0
'
# Debian pins these by its release.
# An emulator of Azure Blob Storage; not among the project's packages, for it brings some four hundred.
azurite=3.37.0
apt_commands='skopeo buildah podman newuidmap fuse-overlayfs crun strace haproxy ldapadd rsyslogd'
apt_packages='skopeo buildah podman uidmap fuse-overlayfs crun strace haproxy postgresql slapd ldap-utils rsyslog rsyslog-gnutls ca-certificates'
# The contents of the test images, for both platforms (test/interop/images reads this folder).
deb_platforms='amd64 arm64'
deb_packages='base-files libc6 libtinfo6 bash busybox-static'

say() { echo "test tools: $*" >&2; }

# Runs a command silently, and shows what it said when it fails.
quietly() {
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return
  fi
  say "this failed: $*"
  cat "$log" >&2
  rm -f "$log"
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_apt() {
  local command missing=""
  for command in $apt_commands; do
    command -v "$command" >/dev/null || missing+=" $command"
  done
  # Debian keeps these off the path.
  [ -x /usr/sbin/slapd ] || missing+=' slapd'
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=' postgresql'
  if [ -z "$missing" ]; then return; fi
  if ! command -v apt-get >/dev/null; then
    say "these commands are missing and there is no apt-get to install them with:$missing"
    return 1
  fi
  say "installing$missing"
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 update
  # shellcheck disable=SC2086 # one word per package is meant
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
    install -y --no-install-recommends $apt_packages
  # Debian starts it; the tests start their own.
  if [[ $missing == *slapd* ]]; then quietly as_root service slapd stop; fi
}

install_go_tool() {
  local name=$1 package=$2 version=$3 stage
  if [ -x "$bin/$name" ] && [ "$(cat "$stamps/$name" 2>/dev/null)" = "$package@$version" ]; then return; fi
  if ! command -v go >/dev/null; then
    say "Go is needed to build $name; install Go 1.26 or newer"
    return 1
  fi
  say "building $name $version"
  stage=$(mktemp -d "$tools/stage.XXXXXX")
  # Outside any module, and without cgo, so that neither a go.mod nor a C compiler is needed.
  if ! (cd "$stage" && GOBIN=$stage CGO_ENABLED=0 quietly go install "$package@$version"); then
    rm -rf "$stage"
    return 1
  fi
  mv "$stage/$(basename "$package")" "$bin/$name"
  rm -rf "$stage"
  echo "$package@$version" >"$stamps/$name"
}

install_azurite() {
  if [ -x "$bin/azurite-blob" ] && [ "$(cat "$stamps/azurite" 2>/dev/null)" = "$azurite" ]; then return; fi
  say "installing azurite $azurite"
  rm -rf "$tools/azurite"
  mkdir -p "$tools/azurite"
  quietly npm install --no-audit --no-fund --prefix "$tools/azurite" "azurite@$azurite"
  ln -sf ../azurite/node_modules/.bin/azurite-blob "$bin/azurite-blob"
  echo "$azurite" >"$stamps/azurite"
}

# The machine's sources with lists of our own, so that the other platform's packages need no change to the machine's apt.
foreign_apt() {
  apt-get -o APT::Architectures="${deb_platforms// /,}" -o Dir::State::Lists="$1/lists" -o Dir::Cache="$1/cache" \
    -o APT::Sandbox::User=root "${@:2}"
}

download_debs() {
  local wanted="$deb_packages: $deb_platforms" stage names="" package platform
  if [ "$(cat "$stamps/debs" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "downloading the Debian packages for the test images"
  stage=$(mktemp -d "$tools/stage.XXXXXX")
  mkdir -p "$stage/lists/partial" "$stage/cache/archives/partial" "$stage/debs"
  for package in $deb_packages; do
    for platform in $deb_platforms; do names+=" $package:$platform"; done
  done
  # shellcheck disable=SC2086 # one word per package is meant
  if ! quietly foreign_apt "$stage" update || ! (cd "$stage/debs" && quietly foreign_apt "$stage" download $names); then
    rm -rf "$stage"
    return 1
  fi
  rm -rf "$debs"
  mv "$stage/debs" "$debs"
  rm -rf "$stage"
  echo "$wanted" >"$stamps/debs"
}

mkdir -p "$bin" "$stamps"
install_apt
while read -r name package version; do
  if [ -n "$name" ]; then install_go_tool "$name" "$package" "$version"; fi
done <<<"$go_tools"
install_azurite
download_debs
