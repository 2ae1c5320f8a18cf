# Sourced by what makes packages: which binary, of which version, and the time that all files bear.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
build=${TILL_BUILD:-$root/build}
version=$(sed -n 's/.*static let text = "\(.*\)"/\1/p' Sources/Server/System/TillVersion.swift)
architecture=$(dpkg --print-architecture)
# The same sources give the same bytes: files bear the time of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022
mkdir -p "$build"

# The binary of TILL_BIN, else the release build with Swift's own libraries inside.
find_binary() {
  if [ -n "${TILL_BIN:-}" ]; then
    [ -x "$TILL_BIN" ] || { echo "TILL_BIN: $TILL_BIN is no program" >&2; exit 1; }
    realpath "$TILL_BIN"
    return
  fi
  swift build -c release --product till --static-swift-stdlib >&2
  echo "$(swift build -c release --show-bin-path)/till"
}

# Paths of the libraries that a binary loads and that no Debian package has: Swift's, where it was not linked with them inside.
foreign_libraries() {
  local loaded name arrow path rest known names=()
  loaded=$(ldd "$1") || return
  while read -r name arrow path rest; do
    [ "$arrow" != "=>" ] || [ "$path" != not ] || { echo "$1 needs $name, which is not here" >&2; return 1; }
  done <<<"$loaded"
  mapfile -t loaded < <(awk '$2 == "=>" && $3 ~ /^\// { print $3 }' <<<"$loaded")
  for path in "${loaded[@]}"; do names+=("$(realpath "$path")" "$path" "${path#/usr}"); done
  # Asked once: each time it reads the lists of all packages.
  known=$'\n'$({ dpkg-query -S "${names[@]}" 2>/dev/null || true; } | sed 's/^.*: //')$'\n'
  for path in "${loaded[@]}"; do
    for name in "$(realpath "$path")" "$path" "${path#/usr}"; do [[ $known != *$'\n'"$name"$'\n'* ]] || continue 2; done
    echo "$path"
  done
}

# install_binary SOURCE ROOT: as ROOT/usr/bin/till, stripped. Libraries that it brings lie beside it in usr/lib/till, where it looks for them first.
install_binary() {
  local source=$1 target=$2 libraries library
  libraries=$(foreign_libraries "$source")
  install -d "$target/usr/bin"
  if [ -z "$libraries" ]; then
    install -m 0755 "$source" "$target/usr/bin/till"
    strip --strip-all --remove-section=.comment --remove-section=.note "$target/usr/bin/till"
    # The build looks for libraries beside the binary; an installed one must not.
    patchelf --remove-rpath "$target/usr/bin/till"
    return
  fi
  echo "$source loads Swift's libraries: they go into the package; swift build --static-swift-stdlib makes a binary without" >&2
  install -d "$target/usr/lib/till"
  install -m 0755 "$source" "$target/usr/lib/till/till"
  strip --strip-all --remove-section=.comment --remove-section=.note "$target/usr/lib/till/till"
  # By its whole name: $ORIGIN is read from /proc, which a bare root directory does not have.
  patchelf --set-rpath /usr/lib/till "$target/usr/lib/till/till"
  ln -s ../lib/till/till "$target/usr/bin/till"
  for library in $libraries; do
    install -m 0644 "$library" "$target/usr/lib/till/"
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$target/usr/lib/till/$(basename "$library")"
    patchelf --set-rpath /usr/lib/till "$target/usr/lib/till/$(basename "$library")"
  done
}
