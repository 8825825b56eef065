curl -fsS "$TC_ROOT/me" -H "Authorization: Bearer $TC_KEY"
