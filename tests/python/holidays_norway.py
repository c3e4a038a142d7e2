"""Prints the public holidays of Norway by the package `holidays`, a date a line, from one year to another."""

import sys

import holidays

first, last = (int(year) for year in sys.argv[1:3])
for day in sorted(holidays.country_holidays("NO", years=range(first, last + 1))):
    print(day.isoformat())
