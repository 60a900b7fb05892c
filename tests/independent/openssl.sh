#!/usr/bin/env bash
# Verifies one proof of Rastro's log with openssl(1) and coreutils: the checkpoint's signature, the
# entry's commitment to the event's body, and the path from the entry to the signed root.
#   openssl.sh VKEY PROOF SALT BODY     (SALT: hex; BODY: the exact bytes)
set -euo pipefail
vkey=$1 proof=$2 salt=$3 body=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
digest() { openssl dgst -sha256 -binary; }

# The checkpoint: its text is what is signed, its last line the signature after a 4-byte key id.
sed '1,/^$/d' "$proof" >"$dir/checkpoint"
sed '/^$/,$d' "$dir/checkpoint" >"$dir/text"
tail -n 1 "$dir/checkpoint" | awk '{print $3}' | base64 -d | tail -c 64 >"$dir/signature"
{
  printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'
  cut -d+ -f3- "$vkey" | base64 -d | tail -c 32
} | openssl pkey -pubin -inform DER -out "$dir/public.pem"
openssl pkeyutl -verify -pubin -inkey "$dir/public.pem" -rawin -in "$dir/text" \
  -sigfile "$dir/signature" >/dev/null || { echo "wrong signature" >&2; exit 1; }

# The entry: its fourth line commits to the body under the salt.
sed -n 's/^extra //p' "$proof" | base64 -d >"$dir/entry"
made=$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(cat "$salt")" -binary "$body" | base64)
[ "$made" = "$(sed -n 4p "$dir/entry")" ] || { echo "the body is another" >&2; exit 1; }

# The path (RFC 9162 section 2.1.3.2).
{ printf '\0'; cat "$dir/entry"; } | digest >"$dir/hash"
f=$(sed -n 's/^index //p' "$proof")
s=$(($(sed -n 2p "$dir/text") - 1))
for sibling in $(sed -n '/^index /,/^$/p' "$proof" | sed '1d;/^$/d'); do
  if ((f & 1 || f == s)); then
    { printf '\1'; base64 -d <<<"$sibling"; cat "$dir/hash"; } | digest >"$dir/next"
    while ((!(f & 1) && f != 0)); do f=$((f >> 1)) s=$((s >> 1)); done
  else
    { printf '\1'; cat "$dir/hash"; base64 -d <<<"$sibling"; } | digest >"$dir/next"
  fi
  mv "$dir/next" "$dir/hash"
  f=$((f >> 1)) s=$((s >> 1))
done
[ "$(base64 <"$dir/hash")" = "$(sed -n 3p "$dir/text")" ] || { echo "not in the log" >&2; exit 1; }
echo "signed, bound and in the log"
