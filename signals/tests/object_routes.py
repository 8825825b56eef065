"""Routes of this package that name an object, for the matrix of routes and identities."""

NOBODYS = {
    "api/fno/signals/<str:trade_code>": "a signal of an index, the same for everybody",
    "api/iscore/<str:symbol>": "a share's score, the same for everybody",
    "api/iscore/<str:symbol>/history": "a share's scores, the same for everybody",
}
