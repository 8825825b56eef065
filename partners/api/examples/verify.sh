# body.json: the raw body as it came. TC_SIGNATURE, WEBHOOK_ID, WEBHOOK_TIMESTAMP, WEBHOOK_SIGNATURE: the headers.
verify_tc() {
  expected="sha256=$(openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" -r body.json | cut -d' ' -f1)"
  [ "$expected" = "$TC_SIGNATURE" ]
}

verify_standard() {
  # Digits only, before the shell calculates with it: in $(( )) any other text may be run as a command.
  case "$WEBHOOK_TIMESTAMP" in '' | 0* | *[!0123456789]*) return 1 ;; esac
  [ "${#WEBHOOK_TIMESTAMP}" -le 12 ] || return 1
  age=$(($(date +%s) - WEBHOOK_TIMESTAMP))
  [ "${age#-}" -le 300 ] || return 1
  key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
  expected=$({ printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body.json; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
  case " $WEBHOOK_SIGNATURE " in *" v1,$expected "*) return 0 ;; *) return 1 ;; esac
}
