"""CSV files through the staff site, as a manager sends and fetches them."""

import csv
import io
import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


def preview(client: Client, address: str, *rows: str) -> str:
    """Upload the lines; the page that shows what would be written, or what is wrong."""
    upload = SimpleUploadedFile("rows.csv", "\n".join(rows).encode(), "text/csv")
    answer = client.post(f"{address}import/", {"import_file": upload, "format": "0", "resource": ""})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def confirm(client: Client, address: str, page: str) -> str:
    """Press the button of the preview; the page one then sees."""
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert "import_file_name" in hidden, page
    answer = client.post(f"{address}process_import/", hidden, follow=True)
    return " ".join(answer.content.decode().split())


def export(client: Client, address: str) -> list[dict[str, str]]:
    page = client.get(f"{address}export/").content.decode()
    boxes = re.findall(r'name="((?:\w*sheet)_\w+)"', page, re.IGNORECASE)
    answer = client.post(f"{address}export/", {"format": "0", "resource": "", **dict.fromkeys(boxes, "on")})
    assert answer["Content-Type"].startswith("text/csv"), answer.content[:2000]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
