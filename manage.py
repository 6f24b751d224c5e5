#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dealership.settings")
    if sys.argv[1:2] == ["doctor"]:
        from dealership.doctor import fill_gaps

        fill_gaps()  # the doctor reports a missing setting instead of failing on it
    execute_from_command_line(sys.argv)
