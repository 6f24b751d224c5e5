"""The browser phone from the outside: its page, its files, and the door to a call."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from crm.models import Rooftop
from dealership import demo
from tests.factories import make_demo_store, make_staff
from voice.models import Call

pytestmark = pytest.mark.django_db

MODULES = ("phone.js", "line.js", "sound.js", "mulaw.js", "worklet.js", "texts.js", "ringer.js")


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def staff(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="advisor"))
    return client


class Page(HTMLParser):
    """Collects what a strict content security policy would refuse, and what the page loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loaded: list[str] = []
        self._is_in_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        if tag in {"script", "img", "link"}:
            self.loaded.append(given.get("src") or given.get("href") or "")


def test_a_stranger_is_sent_to_the_log_in(store: Rooftop) -> None:
    answer = Client().get("/phone/")

    assert answer.status_code == 302
    assert answer["Location"] == "/admin/login/?next=/phone/"


def test_a_stranger_cannot_open_a_call(store: Rooftop) -> None:
    answer = Client().post("/phone/call", {"from": "+12125550143"})

    assert answer.status_code == 403
    assert answer.json() == {"error": "Log in as staff to use the phone."}
    assert not Call.objects.exists()


def test_a_developer_needs_no_log_in(store: Rooftop, settings: object) -> None:
    settings.DEBUG = True  # type: ignore[attr-defined]

    assert Client().get("/phone/").status_code == 200
    assert Client().post("/phone/call", {"from": ""}).status_code == 200


def test_the_page_offers_every_demo_customer_and_strangers(staff: Client) -> None:
    page = staff.get("/phone/").content.decode()

    assert '<option value="+12125550143">Maria Lopez · (212) 555-0143</option>' in page
    assert "David Nguyen and Susan Nguyen · (212) 555-0145" in page
    assert '<option value="new">A new caller</option>' in page
    assert '<option value="">Number withheld</option>' in page


def test_the_first_store_is_called_unless_another_is_chosen(staff: Client) -> None:
    page = staff.get("/phone/").content.decode()
    names = re.findall(r'data-number="([^"]+)">([^<]+)<', page)
    bart = Rooftop.objects.get(name=demo.BART)

    assert names == [("(212) 555-0100", "Otto&#x27;s Auto"), ("(602) 555-0100", "Bart&#x27;s Automotive")]
    staff.post("/phone/call", {"from": ""})
    assert Call.objects.get().called_number == "+12125550100"
    staff.post("/phone/call", {"from": "", "rooftop": bart.pk})
    assert Call.objects.get(rooftop=bart).called_number == "+16025550100"


def test_the_page_needs_nothing_inline_and_no_other_host(staff: Client) -> None:
    answer = staff.get("/phone/")
    page = Page(answer.content.decode())

    assert page.inline == []
    assert page.loaded
    assert all(address.startswith("/static/") for address in page.loaded)
    assert answer["Content-Security-Policy"].startswith("default-src 'self';")
    assert "connect-src 'self' ws://testserver" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_served_and_loads_only_its_neighbours(name: str) -> None:
    path = finders.find(f"phone/{name}")
    assert path
    with open(path, encoding="utf-8") as file:
        script = file.read()

    imported = re.findall(r'from "([^"]+)"', script) + re.findall(r'new URL\("([^"]+)"', script)
    assert all(finders.find(f"phone/{other.removeprefix('./')}") for other in imported)
    assert "http://" not in script
    assert "https://" not in script


def test_a_call_comes_with_its_token_and_the_address_of_its_stream(staff: Client) -> None:
    ticket = staff.post("/phone/call", {"from": "(212) 555-0143"}).json()

    call = Call.objects.get()
    assert re.fullmatch("CB[0-9a-f]{32}", ticket["call_sid"])
    assert (call.sid, call.carrier, call.caller_number) == (ticket["call_sid"], "browser", "+12125550143")
    assert str(call.customer) == "Maria Lopez"
    assert ticket["token"]
    assert ticket["stream_url"] == "ws://testserver/ws/media"


def test_the_stream_of_a_secure_page_is_secure(staff: Client) -> None:
    ticket = staff.post("/phone/call", {"from": ""}, secure=True).json()

    assert ticket["stream_url"] == "wss://testserver/ws/media"


def test_a_withheld_number_is_nobody(staff: Client) -> None:
    staff.post("/phone/call", {"from": ""})

    call = Call.objects.get()
    assert (call.caller_number, call.customer) == ("", None)


def test_what_is_no_number_is_refused_with_a_sentence(staff: Client) -> None:
    answer = staff.post("/phone/call", {"from": "my cell"})

    assert answer.status_code == 400
    assert answer.json() == {"error": "my cell is not a telephone number. Write it like (212) 555-0143."}


def test_without_a_store_the_page_says_so(db: None) -> None:
    client = Client()
    client.force_login(make_staff("staff", None, "add_appointment"))

    assert "No store has a telephone number yet" in client.get("/phone/").content.decode()
    answer = client.post("/phone/call", {"from": ""})
    assert answer.status_code == 409
    assert "No store has a telephone number yet" in answer.json()["error"]


@pytest.mark.security
def test_another_site_cannot_open_a_call(store: Rooftop) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="advisor"))

    assert client.post("/phone/call", {"from": ""}).status_code == 403
    assert not Call.objects.exists()
