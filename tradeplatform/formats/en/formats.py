"""How generated pages, the admin's lists above all, write a date: with its zone."""

DATETIME_FORMAT = "j M Y, H:i T"
DATE_FORMAT = "j M Y"
