"""Official closed weekdays and special sessions of NSE and BSE since 2000: data only.

Both exchanges keep the same list; the few days on which they are known to differ stand apart. Weekday holidays that
had a Muhurat session are holidays here too, as in the exchanges' own lists; the special session overrides them.
"""

from typing import Final

HOLIDAY_SOURCE: Final = (
    "Exchange holiday circulars as collected in exchange_calendars XBOM 4.13.2; 2000-2021 checked against the days "
    "with trades in NSE's daily files; 2023-2026 against NSE's yearly circulars (2026: 2025-12-12, 2026-01-12)"
)

#: Closed weekdays, "month-day", by year.
HOLIDAYS: Final[dict[int, str]] = {
    2000: "01-26 03-17 03-20 04-14 04-21 05-01 08-15 09-01 10-02 12-25",
    2001: "01-01 01-26 03-06 04-05 04-13 05-01 08-15 08-22 10-02 10-26 11-16 11-30 12-17 12-25",
    2002: "03-25 03-29 05-01 08-15 09-10 10-02 10-15 11-06 11-19 12-25",
    2003: "02-13 03-14 03-18 04-14 04-18 05-01 08-15 10-02 11-26 12-25",
    2004: "01-01 01-26 02-02 03-02 04-09 04-14 04-26 10-13 10-22 11-15 11-26",
    2005: "01-21 01-26 03-25 04-14 07-28 08-15 09-07 10-12 11-03 11-04 11-15",
    2006: "01-11 01-26 02-09 03-15 04-06 04-11 04-14 05-01 08-15 10-02 10-24 10-25 12-25",
    2007: "01-01 01-26 01-30 02-16 03-27 04-06 05-01 05-02 08-15 10-02 12-21 12-25",
    2008: "03-06 03-20 03-21 04-14 04-18 05-01 05-19 08-15 09-03 10-02 10-09 10-30 11-13 11-27 12-09 12-25",
    2009: "01-08 01-26 02-23 03-10 03-11 04-03 04-07 04-10 04-14 04-30 05-01 09-21 09-28 10-02 10-13 10-19 11-02 "
    "12-25 12-28",
    2010: "01-01 01-26 02-12 03-01 03-24 04-02 04-14 09-10 11-17 12-17",
    2011: "01-26 03-02 04-12 04-14 04-22 08-15 08-31 09-01 10-06 10-27 11-07 11-10 12-06",
    2012: "01-26 02-20 03-08 04-05 04-06 05-01 08-15 08-20 09-19 10-02 10-24 11-14 11-28 12-25",
    # Muharram 2013 was moved from 11-14 to 11-15: NSE traded on the 14th and not on the 15th.
    2013: "03-27 03-29 04-19 04-24 05-01 08-09 08-15 09-09 10-02 10-16 11-04 11-15 12-25",
    2014: "02-27 03-17 04-08 04-14 04-18 04-24 05-01 07-29 08-15 08-29 10-02 10-03 10-06 10-15 10-23 10-24 11-04 "
    "11-06 12-25",
    2015: "01-26 02-17 03-06 04-02 04-03 04-14 05-01 09-17 09-25 10-02 10-22 11-11 11-12 11-25 12-25",
    2016: "01-26 03-07 03-24 03-25 04-14 04-15 04-19 07-06 08-15 09-05 09-13 10-11 10-12 10-31 11-14",
    2017: "01-26 02-24 03-13 04-04 04-14 05-01 06-26 08-15 08-25 10-02 10-19 10-20 12-25",
    2018: "01-26 02-13 03-02 03-29 03-30 05-01 08-15 08-22 09-13 09-20 10-02 10-18 11-07 11-08 11-23 12-25",
    2019: "03-04 03-21 04-17 04-19 04-29 05-01 06-05 08-12 08-15 09-02 09-10 10-02 10-08 10-21 10-28 11-12 12-25",
    2020: "02-21 03-10 04-02 04-06 04-10 04-14 05-01 05-25 10-02 11-16 11-30 12-25",
    2021: "01-26 03-11 03-29 04-02 04-14 04-21 05-13 07-21 08-19 09-10 10-15 11-04 11-05 11-19",
    2022: "01-26 03-01 03-18 04-14 04-15 05-03 08-09 08-15 08-31 10-05 10-24 10-26 11-08",
    2023: "01-26 03-07 03-30 04-04 04-07 04-14 05-01 06-29 08-15 09-19 10-02 10-24 11-14 11-27 12-25",
    2024: "01-22 01-26 03-08 03-25 03-29 04-11 04-17 05-01 05-20 06-17 07-17 08-15 10-02 11-01 11-15 11-20 12-25",
    2025: "02-26 03-14 03-31 04-10 04-14 04-18 05-01 08-15 08-27 10-02 10-21 10-22 11-05 12-25",
    2026: "01-15 01-26 03-03 03-26 03-31 04-03 04-14 05-01 05-28 06-26 09-14 10-02 10-20 11-10 11-24 12-25",
}

#: Days of the common list on which one exchange traded all the same.
OPEN_AFTER_ALL: Final[dict[str, str]] = {
    # NSE's daily files have a full day's trades of all large stocks on both New Year's days.
    "NSE": "2001-01-01 2004-01-01",
    "BSE": "",
}

_DRILL: Final = "exchange circulars of 2024: switch from the primary to the disaster recovery site"
_NSE_FILES: Final = "trades in NSE's daily files"
_PRESS: Final = "NSE circulars and press reports of the year"

#: (date, kind, trading stretches, hours certain, note, source). Empty stretches: the regular hours of the day.
SPECIAL_SESSIONS: Final[tuple[tuple[str, str, str, bool, str, str], ...]] = (
    ("2000-10-26", "MUHURAT", "18:30-19:45", True, "Diwali", _PRESS),
    ("2001-11-14", "MUHURAT", "17:00-18:15", True, "Diwali", _PRESS),
    ("2002-11-04", "MUHURAT", "17:00-18:15", True, "Diwali", _PRESS),
    ("2003-03-22", "SPECIAL", "", False, "Saturday session, hours not found", _NSE_FILES),
    ("2003-10-25", "MUHURAT", "18:15-19:15", False, "Diwali, Saturday; hours not found", _NSE_FILES),
    ("2003-11-15", "SPECIAL", "", False, "Saturday session, hours not found", _NSE_FILES),
    ("2004-04-17", "SPECIAL", "", False, "Saturday session, hours not found", _NSE_FILES),
    ("2004-10-09", "SPECIAL", "", False, "Saturday session, hours not found", _NSE_FILES),
    ("2004-11-12", "MUHURAT", "17:30-18:45", True, "Diwali", _PRESS),
    ("2005-06-04", "SPECIAL", "", False, "Saturday session, hours not found", _NSE_FILES),
    ("2005-11-01", "MUHURAT", "18:05-19:20", True, "Diwali", _PRESS),
    ("2005-11-26", "SPECIAL", "", False, "Saturday session, hours not found", _NSE_FILES),
    ("2006-04-29", "SPECIAL", "", False, "Saturday session, hours not found", _NSE_FILES),
    ("2006-06-25", "SPECIAL", "", False, "Sunday session, hours not found", _NSE_FILES),
    ("2006-10-21", "MUHURAT", "18:15-19:15", False, "Diwali, Saturday; hours not found", _NSE_FILES),
    ("2007-11-09", "MUHURAT", "18:00-19:00", True, "Diwali", _PRESS),
    ("2008-10-28", "MUHURAT", "18:15-19:15", True, "Diwali", _PRESS),
    ("2009-10-17", "MUHURAT", "18:15-19:15", False, "Diwali, Saturday; hours from memory", _NSE_FILES),
    ("2010-02-06", "SHORT", "11:15-12:45", False, "Saturday, new systems; hours as in 2012", _NSE_FILES),
    ("2010-11-05", "MUHURAT", "18:15-19:15", True, "Diwali", _PRESS),
    ("2011-10-26", "MUHURAT", "16:45-18:00", True, "Diwali", _PRESS),
    ("2012-01-07", "SHORT", "11:15-12:45", False, "Saturday, new systems; hours as on 04-28", _NSE_FILES),
    ("2012-03-03", "SHORT", "11:15-12:45", False, "Saturday, new systems; hours as on 04-28", _NSE_FILES),
    ("2012-04-28", "SHORT", "11:15-12:45", True, "Saturday, new systems", "NSE circular 032/2012"),
    ("2012-09-08", "SHORT", "11:15-12:45", False, "Saturday; hours as on 04-28", _NSE_FILES),
    ("2012-11-13", "MUHURAT", "15:45-17:00", True, "Diwali", _PRESS),
    ("2013-05-11", "SHORT", "11:15-12:45", False, "Saturday; hours as in 2012", _NSE_FILES),
    ("2013-11-03", "MUHURAT", "18:15-19:15", False, "Diwali, Sunday; hours from memory", _NSE_FILES),
    ("2014-03-22", "SHORT", "11:15-12:45", True, "Saturday, recovery site", _PRESS),
    ("2014-10-23", "MUHURAT", "18:30-19:30", True, "Diwali", _PRESS),
    ("2015-02-28", "BUDGET", "", True, "Union budget, Saturday", _PRESS),
    ("2015-11-11", "MUHURAT", "17:45-18:45", True, "Diwali", _PRESS),
    ("2016-10-30", "MUHURAT", "18:30-19:30", True, "Diwali, Sunday", _PRESS),
    ("2017-10-19", "MUHURAT", "18:30-19:30", True, "Diwali", _PRESS),
    ("2018-11-07", "MUHURAT", "17:30-18:30", True, "Diwali", _PRESS),
    ("2019-10-27", "MUHURAT", "18:15-19:15", True, "Diwali, Sunday", _PRESS),
    ("2020-02-01", "BUDGET", "", True, "Union budget, Saturday", _PRESS),
    ("2020-11-14", "MUHURAT", "18:15-19:15", True, "Diwali, Saturday", _PRESS),
    ("2021-11-04", "MUHURAT", "18:15-19:15", True, "Diwali", _PRESS),
    ("2022-10-24", "MUHURAT", "18:15-19:15", True, "Diwali", _PRESS),
    ("2023-11-12", "MUHURAT", "18:15-19:15", True, "Diwali, Sunday", _PRESS),
    ("2024-01-20", "SPECIAL", "", True, "Saturday, full session before the holiday of 01-22", _PRESS),
    ("2024-03-02", "SHORT", "09:15-10:00 11:30-12:30", True, "Saturday, recovery site", _DRILL),
    ("2024-05-18", "SHORT", "09:15-10:00 11:30-12:30", True, "Saturday, recovery site", _DRILL),
    ("2024-11-01", "MUHURAT", "18:00-19:00", True, "Diwali", _PRESS),
    ("2025-02-01", "BUDGET", "", True, "Union budget, Saturday", _PRESS),
    ("2025-10-21", "MUHURAT", "13:45-14:45", True, "Diwali, in the afternoon", _PRESS),
    ("2026-02-01", "BUDGET", "", True, "Union budget, Sunday", "NSE circular of 2026-01-16"),
    ("2026-11-08", "MUHURAT", "18:15-19:15", False, "Diwali, Sunday; the hour was not found", "NSE list for 2026"),
)

#: Changed hours of one exchange. NSE's systems failed at 11:40 on 2021-02-24; trading went on 15:45-17:00.
SPECIAL_SESSIONS_BY_EXCHANGE: Final[dict[str, tuple[tuple[str, str, str, bool, str, str], ...]]] = {
    "NSE": (("2021-02-24", "SPECIAL", "09:15-11:40 15:45-17:00", True, "halt of four hours", _PRESS),),
    "BSE": (),
}
