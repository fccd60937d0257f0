#!/usr/bin/env bash
# Builds the four images: build.sh [--trees-only] [REPOSITORY] [TAG]   (default: rollcall 0.1.0)
# Needs pnpm and Node 24 (./rollcall brings them), and docker with buildx unless --trees-only.
#   BASE_IMAGE  Node 24 without a shell; one without a digest is resolved to one first, and said
#   PLATFORMS   for example linux/amd64,linux/arm64 (then PUSH=1 is needed)
#   PUSH        1: push, with SBOM and provenance attached
#   CONTEXT     where the trees go (default: .rollcall/images)
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
export PATH=$root/.rollcall/toolchain/node_modules/.bin:$PATH
trees_only=
if [[ ${1:-} == --trees-only ]]; then trees_only=1 && shift; fi
repository=${1:-rollcall} tag=${2:-0.1.0}
context=${CONTEXT:-$root/.rollcall/images}
programs=(edge presence notifier smoke)

for program in "${programs[@]}"; do
  rm -rf "${context:?}/$program"
  node "$root/deploy/docker/tree.ts" "$program" "$context/$program"
  echo "$program: $(du -sh "$context/$program" | cut -f1) in $context/$program"
done
[[ -z $trees_only ]] || exit 0

base=${BASE_IMAGE:-gcr.io/distroless/nodejs24-debian12:nonroot}
if [[ $base != *@sha256:* ]]; then
  base=${base%:*}@$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$base")
fi
echo "base: $base"
commit=$(cat "$context/edge/packages/runtime/COMMIT" 2>/dev/null || echo unknown)
flags=(--build-arg "BASE_IMAGE=$base" --build-arg "VERSION=$tag" --build-arg "COMMIT=$commit" --file "$root/deploy/docker/Dockerfile")
[[ -z ${PLATFORMS:-} ]] || flags+=(--platform "$PLATFORMS")
if [[ ${PUSH:-} == 1 ]]; then flags+=(--push --sbom=true --provenance=mode=max); else flags+=(--load); fi
for program in "${programs[@]}"; do
  docker buildx build "${flags[@]}" --target "$program" --tag "$repository-$program:$tag" "$context"
done
