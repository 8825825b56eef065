curl -fsS "$TC_ROOT/iscore/RELIANCE" -H "Authorization: Bearer $TC_KEY"
