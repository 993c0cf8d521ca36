#!/usr/bin/env bash
# Runs every test that this machine can run, and says what it cannot. --full adds the long campaigns.
set -uo pipefail
cd "$(dirname "$0")"
[ "${1:-}" = "--full" ] && export MEKONGTWIN_FULL=1

say() { printf '%s\n' "$*"; }
command -v node >/dev/null 2>&1 || say "Node is not installed: the web console is neither built nor tested."
command -v mosquitto >/dev/null 2>&1 || say "mosquitto is not installed: tests with a real broker and real clients are skipped."
command -v chromium >/dev/null 2>&1 || say "Chromium is not installed: browser tests are skipped."

dotnet build MekongTwin.sln -c Release -nologo -v quiet -clp:NoSummary || { say "0 passed, 1 failed"; exit 1; }

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0

# The cluster edition's packages are not served by every source.
cluster=src/MekongTwin.Silo/MekongTwin.Silo.sln
if dotnet restore $cluster -nologo -v quiet >"$results/restore" 2>&1; then
  dotnet build $cluster -c Release -nologo -v quiet -clp:NoSummary || { say "0 passed, 1 failed"; exit 1; }
  without=
else
  say "The cluster edition is not tested: $(grep -o "Unable to find package.*)" "$results/restore" | head -1) on this machine's package source."
  without=Silo
fi

for project in tests/*.Tests/*.Tests.csproj; do
  [ "$project" = "tests/MekongTwin.$without.Tests/MekongTwin.$without.Tests.csproj" ] && continue
  name=$(basename "$project" .csproj)
  say "== $name"
  dotnet test "$project" -c Release --no-build -nologo --logger "trx;LogFileName=$results/$name.trx" --logger "console;verbosity=minimal" || status=1
done

total() { grep -ho "<Counters [^>]*" "$results"/*.trx 2>/dev/null | grep -o " $1=\"[0-9]*\"" | grep -o '[0-9]*' | awk '{s+=$1} END {print s+0}'; }
passed=$(total passed)
failed=$(total failed)
skipped=$(grep -ho '<UnitTestResult [^>]*outcome="NotExecuted"' "$results"/*.trx 2>/dev/null | wc -l)
# A project whose run broke without a failed test still fails the whole.
[ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
say "$passed passed, $failed failed, $skipped skipped"
exit $status
