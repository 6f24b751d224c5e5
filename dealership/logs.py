"""What the log must not keep: the links with which customers open their appointments."""

import logging
import re

LINK = re.compile(r"/a/[\w.-]+")


class HideLinks(logging.Filter):
    """Django names the path of every refused request, and a link's path is its key."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if LINK.search(message):
            record.msg, record.args = LINK.sub("/a/…", message), ()
        return True
