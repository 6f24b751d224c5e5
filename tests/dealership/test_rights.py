"""Who may open which page, of which store: every address of the product, in one table."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.template.base import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone

from crm.models import Customer, FaultEpisode, FollowUpTask, Rooftop, Staff, SystemFault
from scheduling.models import Allocation, Appointment, Bay, OpCode
from tests.dealership.changes import written_tables
from tests.dealership.two_stores import Rows, make_person, make_store
from tests.sheets import preview
from tests.test_pages_in_chromium import OPEN_PAGES, PAGES, SMALLER_PAGES, in_sidebar
from voice.models import Call, Turn

pytestmark = [pytest.mark.django_db, pytest.mark.security]

GROUPS = ("read-only", "advisor", "lead advisor", "manager", "administrator")
# The last one is a manager of another store, and the first nobody at all.
ROLES = ("anonymous", *GROUPS, "stranger")

# What each group may do on the admin pages of a model, in the order of GROUPS:
# view, add, change, delete, sheet (bring in and take out as a file).
NEVER = "- - - - -"
LOOK = "v v v v v"
LANE = "v vac vac vacd vacd"
STORE = "v v v vacd vacd"
MODELS = {
    "crm/customer": "v vac vac vacds vacds",
    "crm/vehicle": "v vac vac vacds vacds",
    "crm/followuptask": LANE,
    "crm/repairorder": LANE,
    "crm/consent": LOOK,
    "crm/systemfault": LOOK,
    "crm/faultepisode": LOOK,
    "crm/rooftop": "v v v vc vacd",
    "crm/staff": STORE,
    "scheduling/appointment": "v vac vac vacs vacs",
    "scheduling/allocation": "v va vad vad vad",
    "scheduling/waitlistentry": LANE,
    "scheduling/opcode": STORE,
    "scheduling/openinghours": STORE,
    "scheduling/closure": STORE,
    "scheduling/bay": STORE,
    "scheduling/technician": STORE,
    "scheduling/transportoption": STORE,
    "scheduling/loaner": STORE,
    "scheduling/calendarconnection": STORE,
    "scheduling/calendaroutbox": LOOK,
    "voice/call": LOOK,
    "voice/failedcheck": LOOK,
    "voice/defect": LOOK,
    "reminders/reminder": LOOK,
    "reminders/text": LOOK,
    "auth/user": "- - - - vacd",
    "auth/group": "- - - - v",
    "django_celery_beat/periodictask": NEVER,
    "django_celery_beat/intervalschedule": NEVER,
    "django_celery_beat/crontabschedule": NEVER,
    "django_celery_beat/solarschedule": NEVER,
    "django_celery_beat/clockedschedule": NEVER,
}
EVERYBODYS = {"crm/faultepisode"}  # belongs to no store
# Page of a model → what it takes, and whether it is about one row.
MODEL_PAGES = {
    "": ("v", False),
    "add/": ("a", False),
    "<path:object_id>/change/": ("v", True),
    "<path:object_id>/history/": ("v", True),
    "<path:object_id>/delete/": ("d", True),
    "import/": ("s", False),
    "export/": ("s", False),
}

# The other addresses: the answer to a GET by role, in the order of ROLES.
OPEN = "200 200 200 200 200 200 200"
STAFF = "302 200 200 200 200 200 200"
BY_POST = "302 405 405 405 405 405 404"
POST_ONLY = "405 405 405 405 405 405 405"
NOTHING_THERE = "404 404 404 404 404 404 404"
ELSEWHERE = "302 302 302 302 302 302 302"
OTHERS = {
    "": ELSEWHERE,
    "favicon.ico": ELSEWHERE,
    "health": OPEN,
    "ready": OPEN,
    "phone/": STAFF,
    "phone/line": "403 200 200 200 200 200 200",
    "calls/": STAFF,
    "calls/export.csv": "302 403 403 403 200 200 200",
    "calls/<int:pk>/": "302 200 200 200 200 200 404",
    "calls/<int:pk>/recording": "302 403 403 403 404 404 404",  # who may hear it: there is none
    "calendar/consent": "302 403 403 403 302 302 302",  # without the session that asked nothing happens
    "setup/": "302 403 403 403 200 200 200",
    "setup/new/": "302 403 403 403 403 200 403",
    "setup/<int:pk>/": "302 403 403 403 302 302 404",
    "setup/<int:pk>/checks/": "302 403 403 403 200 200 404",
    "setup/<int:pk>/<slug:name>/": "302 403 403 403 200 200 404",
    "a/<str:token>": NOTHING_THERE,
    "a/<str:token>/move": NOTHING_THERE,
    "a/<str:token>/cancel": NOTHING_THERE,
    "admin/": ELSEWHERE,  # to the log-in, or to the day board
    "banner/": OPEN,  # nobody's is empty
    "admin/crm/followuptask/<int:pk>/take/": BY_POST,
    "admin/crm/followuptask/<int:pk>/done/": BY_POST,
    "admin/scheduling/appointment/<int:pk>/menu/": "302 200 200 200 200 200 404",
    "admin/scheduling/appointment/<int:pk>/step/<slug:name>/": "302 405 405 405 405 405 405",
    "admin/scheduling/appointment/<int:pk>/reassign/": "302 403 200 200 200 200 404",
    "admin/scheduling/appointment/<int:pk>/note/": "302 403 200 200 200 200 404",
    "customers/<int:pk>/merge/": "302 403 200 200 200 200 404",
    "customers/<int:pk>/consent/": "302 403 200 200 200 200 404",
    "dashboard/": STAFF,
    "book/": "302 403 200 200 200 200 200",
    "book/people": POST_ONLY,
    "book/openings": POST_ONLY,
    "day/": STAFF,
    "day/<str:text>/": STAFF,
    "day/<str:text>/visits/<int:pk>/place": POST_ONLY,
    "day/<str:text>/block": POST_ONLY,
    "day/<str:text>/blocks/<int:pk>/lift": POST_ONLY,
    "texts/<int:rooftop_id>/<int:phone_id>/": "302 200 200 200 200 200 404",
    "texts/<int:rooftop_id>/<int:phone_id>/news/": "302 200 200 200 200 200 404",
    "calls/live/": STAFF,
    "calls/<int:pk>/take-over": POST_ONLY,
    "calls/<int:pk>/review": POST_ONLY,
    "calls/turns/<int:pk>/comment": "302 403 403 403 200 200 404",
    "calls/turns/<int:pk>/follow-up": "302 403 200 200 200 200 404",
    "admin/search/": STAFF,
    "admin/login/": "200 302 302 302 302 302 302",
    "admin/logout/": "302 405 405 405 405 405 405",
    "admin/password_change/": STAFF,
    "admin/password_change/done/": STAFF,
    "admin/password_reset/": OPEN,
    "admin/password_reset/sent/": OPEN,
    "admin/password_reset/done/": OPEN,
    "admin/password_reset/<uidb64>/<token>/": OPEN,
    "admin/autocomplete/": "302 403 403 403 403 403 403",  # without a field; see below
    "admin/jsi18n/": STAFF,
    "admin/r/<path:content_type_id>/<path:object_id>/": "302 404 404 404 404 404 404",
    "admin/(?P<url>.*)$": "302 404 404 404 404 404 404",
    "admin/auth/user/<id>/password/": "302 403 403 403 403 200 403",
    "admin/scheduling/appointment/add/": ELSEWHERE,  # to the page of its own
    "admin/scheduling/appointment/<path:object_id>/cancel/": "302 403 200 200 200 200 404",
    "admin/scheduling/appointment/<path:object_id>/calendar/": "302 403 200 200 200 200 403",
    "admin/scheduling/calendarconnection/<path:object_id>/connect/": "302 403 403 403 302 302 404",
    "admin/reminders/reminder/now/<int:appointment_id>/": "302 403 200 200 200 200 404",
    **{
        f"admin/django_celery_beat/{model}/<path:object_id>/history/": ELSEWHERE
        for model in (
            "periodictask",
            "clockedschedule",
            "crontabschedule",
            "solarschedule",
            "intervalschedule",
        )
    },
}
# What only takes a POST → the answer to one of nobody's, without a signature.
POSTS = {
    **{
        f"api/v1/webhooks/{name}": 403
        for name in (
            *("inbound-call", "after-stream", "whisper/<str:sid>", "whisper/<str:sid>/answer", "dial-result"),
            *("call-status", "stream-status", "recording-status", "fallback", "outbound-reminder"),
            *("amd-result", "reminder-status", "sms", "sms-status"),
        )
    },
    "api/v1/webhooks/google-calendar": 403,
    "phone/call": 403,
    "phone/text": 403,
    "phone/answer": 403,
    "phone/decline": 403,
    "a/<str:token>/confirm": 404,
    "admin/crm/customer/process_import/": 302,
    "admin/crm/vehicle/process_import/": 302,
    "admin/scheduling/appointment/process_import/": 302,
}
# Read, and yet it writes: while the worker is down nobody else would note it.
TELL_OF_OUTAGES = {"banner/"}
ARGUMENTS = {
    "text": "2026-11-24",
    "app_label": "crm",
    "content_type_id": "1",
    "sid": "CA1",
    "token": "x",
    "uidb64": "x",
}
# Whose key stands in an address that begins so; in the others it is the store's.
ABOUT = {
    "calls/turns": Turn,
    "calls": Call,
    "customers": Customer,
    "day/<str:text>/visits": Appointment,
    "day/<str:text>/blocks": Allocation,
}


def addresses(patterns: Any = None, before: str = "") -> Iterator[str]:
    """Every route of the product, as it stands in the URLconf."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route


@pytest.fixture
def otto(db: None) -> Rows:
    return make_store("Otto's Auto", "212", "Lopez")


@pytest.fixture
def bart(db: None) -> Rows:
    return make_store("Bart's", "602", "Quimby")


def client_of(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def log_in(group: str, *stores: Rows) -> Client:
    return client_of(make_person(f"{group} of {len(stores)}", group, *(rows[Rooftop] for rows in stores)))


@pytest.fixture
def clients(otto: Rows, bart: Rows) -> dict[str, Client]:
    of_otto = {group: log_in(group, otto) for group in GROUPS}
    stranger = client_of(make_person("stranger", "manager", bart[Rooftop]))
    return {**of_otto, "stranger": stranger}


def expected(route: str) -> list[int]:
    """By role. Raises KeyError for an address that nobody has thought about."""
    if "app_label" in route:  # the pages of an app, which name what one may see
        return [302] + [200] * (len(ROLES) - 1)
    if route in OTHERS:
        return [int(status) for status in OTHERS[route].split()]
    if route in POSTS:
        return [POSTS[route]] + [405] * (len(ROLES) - 1)
    found = re.fullmatch(r"admin/(\w+/\w+)/(.*)", route)
    assert found, f"{route} is not in the table"
    model, page = found.groups()
    letters = MODELS[model].split()
    if page == "<path:object_id>/":
        return [302] * len(ROLES)
    letter, is_about_a_row = MODEL_PAGES[page]
    may = [letter in each for each in letters]
    of_groups = [200 if each else 403 for each in may]
    manager = of_groups[GROUPS.index("manager")]
    of_stranger = 404 if is_about_a_row and manager == 200 and model not in EVERYBODYS else manager
    return [302, *of_groups, of_stranger]


def path_of(route: str, rows: Rows) -> str:
    """The route with the keys of Otto's rows in it."""
    found = re.match(r"admin/(\w+)/(\w+)/", route)
    model = apps.get_model(found[1], found[2]) if found and re.search("<path|<id>|<int:pk>", route) else None
    row = _row(model, rows) if model else None
    store, visit = rows[Rooftop].pk, rows[Appointment].pk
    values = {**ARGUMENTS, "object_id": str(row), "appointment_id": str(visit), "rooftop_id": str(store)}
    values["phone_id"] = str(rows[Customer].phones.get().pk)
    values["name"] = "confirm" if "step" in route else "hours"
    about = next((model for start, model in ABOUT.items() if route.startswith(start)), Rooftop)
    values["pk"] = str(row or rows[about].pk)
    values["id"] = str(row)
    if "(?P" in route:  # two of Django's are regular expressions
        return "/admin/crm/" if "app_label" in route else "/admin/nothing"
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], route)


def _row(model: Any, rows: Rows) -> object:
    """Its key."""
    if model in rows:
        return rows[model].pk
    first = model.objects.order_by("pk").first()
    return first.pk if first else 1


@pytest.mark.timeout(300)
def test_every_address_answers_each_role_as_the_table_says(
    otto: Rows, clients: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the pages show is tested elsewhere, and drawing a thousand of them takes a minute.
    monkeypatch.setattr(Template, "render", lambda template, context: "")
    FaultEpisode.objects.create(source="redis", sentence="Redis does not answer.", began_at=timezone.now())
    wrong, routes, nobody = [], list(addresses()), Client()
    logged_in = [clients[role] for role in ROLES[1:]]
    assert len(routes) > 200
    for route in routes:
        path = path_of(route, otto)
        ask = [nobody.post if route in POSTS else nobody.get, *(each.get for each in logged_in)]
        with written_tables() as written:
            answers = [each(path).status_code for each in ask]
        if written and route not in TELL_OF_OUTAGES:
            wrong.append(f"{route} is only read, and writes to {written}")
        try:
            wanted: object = expected(route)
        except (KeyError, AssertionError) as unknown:
            wanted = repr(unknown)
        if answers != wanted:
            wrong.append(f"{route}: {answers}, not {wanted}")
    assert wrong == [], "\n".join(wrong)
    assert {*OTHERS, *POSTS} <= set(routes)


# What a browser shows in part, or not as a page; the others are looked at by test_pages_in_chromium.py.
NO_PAGES = {
    *("health", "ready", "banner/", "phone/line", "calls/export.csv", "setup/<int:pk>/checks/"),
    *("admin/scheduling/appointment/<int:pk>/menu/", "texts/<int:rooftop_id>/<int:phone_id>/news/"),
    *("admin/search/", "admin/jsi18n/"),
}


def test_a_browser_looks_at_every_page() -> None:
    looked_at = [*PAGES.values(), *SMALLER_PAGES.values(), *OPEN_PAGES.values(), *in_sidebar()]
    paths = [re.sub(r"{\w+}", "1", address.replace("{reset}", "1/1")).split("?")[0] for address in looked_at]
    routes = {resolve(path).route for path in paths}
    administrator = ROLES.index("administrator")
    shown = {route for route, answers in OTHERS.items() if answers.split()[administrator] == "200"}
    assert shown - NO_PAGES <= routes
    assert {*OTHERS} >= NO_PAGES


# --- where: rows of one's own stores ------------------------------------------------------


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    content = b"".join(answer) if answer.streaming else answer.content
    return " ".join(content.decode().split())


LISTS = [
    *(f"/admin/{model}/" for model, letters in MODELS.items() if letters.split()[3].startswith("v")),
    *("/admin/crm/customer/?q=Quimby", "/calls/", "/calls/?q=Quimby", "/calls/export.csv", "/phone/"),
]


def test_lists_searches_files_and_the_phone_show_ones_own_stores(otto: Rows, bart: Rows) -> None:
    mine, both = log_in("manager", otto), log_in("manager", otto, bart)
    all_of_them = log_in("administrator")
    for path in LISTS:
        page = text(mine, path)
        assert ("Pat Quimby" if "q=" in path else "Quimby") not in page, path
        assert "Bart" not in page, path
    for path in ("/admin/crm/customer/", "/admin/scheduling/bay/", "/calls/"):
        for client in (both, all_of_them):
            assert "Quimby" in text(client, path)
            assert "Lopez" in text(client, path)


def test_forms_offer_and_take_nothing_of_another_store(otto: Rows, bart: Rows) -> None:
    client = log_in("manager", otto)
    task = {"kind": "callback", "summary": "Call back", "due_at": "2026-11-24T09:00"}
    page = text(client, "/admin/crm/followuptask/add/")
    assert "Advisor Lopez" in page
    assert "Advisor Quimby" not in page
    for field, row in {"owner": bart[Staff], "customer": bart[Customer], "rooftop": bart[Rooftop]}.items():
        form = {**task, "rooftop": otto[Rooftop].pk, field: row.pk}
        refused = client.post("/admin/crm/followuptask/add/", form)
        assert "Select a valid choice" in refused.content.decode(), field
    bay = otto[Bay]
    address = f"/admin/scheduling/bay/{bay.pk}/change/"
    moved = {"name": "Away", "bay_type": "general", "rooftop": bart[Rooftop].pk}
    assert "Select a valid choice" in client.post(address, moved).content.decode()
    foreign = f"/admin/scheduling/bay/{bart[Bay].pk}/change/"
    assert client.post(foreign, {**moved, "rooftop": otto[Rooftop].pk}).status_code == 404
    assert client.post(f"/admin/scheduling/bay/{bart[Bay].pk}/delete/", {"post": "yes"}).status_code == 404
    chosen = {"action": "delete_selected", "_selected_action": [bart[Bay].pk], "post": "yes"}
    client.post("/admin/scheduling/bay/", chosen)
    assert {row.name: row.rooftop_id for row in Bay.objects.all()} == {
        "Bay Lopez": otto[Rooftop].pk,
        "Bay Quimby": bart[Rooftop].pk,
    }
    assert FollowUpTask.objects.count() == 2


def test_what_is_chosen_by_typing_is_of_ones_own_stores(otto: Rows, bart: Rows) -> None:
    client = log_in("advisor", otto)
    address = "/admin/autocomplete/?app_label=crm&model_name=followuptask&field_name=customer&term="
    assert [each["text"] for each in client.get(f"{address}Pat").json()["results"]] == ["Pat Lopez"]
    assert client.get(f"{address}Quimby").json()["results"] == []


def test_nobody_books_for_another_stores_customer(otto: Rows, bart: Rows) -> None:
    client = log_in("advisor", otto)
    assert "Pat Lopez" in text(client, f"/book/?customer={otto[Customer].pk}")
    assert client.get(f"/book/?customer={bart[Customer].pk}").status_code == 404
    visit = bart[Appointment]
    for page in ("cancel", "calendar"):
        answer = client.post(f"/admin/scheduling/appointment/{visit.pk}/{page}/", {"reason": "x"})
        assert answer.status_code in (403, 404)
    assert client.post(f"/admin/reminders/reminder/now/{visit.pk}/").status_code == 404
    visit.refresh_from_db()
    assert visit.status == Appointment.Status.BOOKED


def test_a_file_brings_nothing_into_another_store(otto: Rows, bart: Rows) -> None:
    client = log_in("manager", otto)
    address = "/admin/crm/customer/"
    page = preview(client, address, "first_name,rooftop", "Nora,Bart's")
    assert "Bart&#x27;s is not a rooftop. Write one of: Otto&#x27;s Auto." in page
    page = preview(client, address, "id,first_name,rooftop", f"{bart[Customer].pk},Nora,Otto's Auto")
    assert f"There is no row {bart[Customer].pk}." in page


def test_the_phone_page_rings_ones_own_stores(otto: Rows, bart: Rows) -> None:
    client = log_in("advisor", otto)
    client.post("/phone/call", {"from": "", "rooftop": bart[Rooftop].pk})
    assert Call.objects.latest("pk").rooftop == otto[Rooftop]
    line = client.get("/phone/line?number=6025550143").json()
    assert line["texts"] == []
    client.post("/phone/text", {"from": "6025550143", "body": "Hello", "rooftop": bart[Rooftop].pk})
    assert not bart[Rooftop].texts.filter(direction="inbound").exists()


# --- what: a manager's business -----------------------------------------------------------


def test_prices_hours_numbers_and_recording_are_a_managers(otto: Rows) -> None:
    store, oil = otto[Rooftop], otto[OpCode]
    menu = f"/admin/scheduling/opcode/{oil.pk}/change/"
    price = {
        "code": "LOF",
        "name": "Oil",
        "minutes": 30,
        "price_min": 1,
        "price_max": 2,
        "skill": "general",
        "bay_types": ["general"],
        "rooftop": store.pk,
        "is_bookable_by_phone": "on",
    }
    rules = {
        "name": store.name,
        "time_zone": store.time_zone,
        "records_calls": "on",
        "grid_minutes": 15,
        "lead_minutes": 60,
        "horizon_days": 90,
        "numbers-TOTAL_FORMS": 0,
        "numbers-INITIAL_FORMS": 0,
    }
    for group in ("read-only", "advisor", "lead advisor"):
        client = log_in(group, otto)
        assert client.post(menu, price).status_code == 403
        assert client.post(f"/admin/crm/rooftop/{store.pk}/change/", rules).status_code == 403
        assert client.get(f"/setup/{store.pk}/menu/").status_code == 403
    manager = log_in("manager", otto)
    assert manager.post(menu, price).status_code == 302
    assert manager.post(f"/admin/crm/rooftop/{store.pk}/change/", rules).status_code == 302
    oil.refresh_from_db()
    store.refresh_from_db()
    assert (oil.price_min, store.records_calls) == (1, True)


def test_who_gives_out_log_ins_says_who_stands_for_whom(otto: Rows, bart: Rows) -> None:
    row, user = otto[Staff], User.objects.create_user("somebody", is_staff=True)
    address = f"/admin/crm/staff/{row.pk}/change/"
    form = {"name": "Renamed", "role": "advisor", "rooftop": otto[Rooftop].pk, "user": user.pk}
    for group, wanted in (("manager", None), ("administrator", user)):
        assert log_in(group, otto).post(address, form).status_code == 302
        row.refresh_from_db()
        assert (row.name, row.user) == ("Renamed", wanted)


def test_an_administrator_cannot_give_all_rights_or_touch_who_has_them(otto: Rows) -> None:
    client = log_in("administrator")
    boss = User.objects.create_superuser("boss", password="a-right-password")
    somebody = User.objects.create_user("somebody")
    day = {"date_joined_0": "2026-11-21", "date_joined_1": "09:00:00"}
    form = {"username": "somebody", "is_active": "on", "is_staff": "on", "is_superuser": "on", **day}
    form["groups"] = str(Group.objects.get(name="advisor").pk)
    client.post(f"/admin/auth/user/{somebody.pk}/change/", form)
    somebody.refresh_from_db()
    assert (somebody.is_staff, somebody.is_superuser) == (True, False)
    assert [group.name for group in somebody.groups.all()] == ["advisor"]

    password = {"password1": "another-password", "password2": "another-password", "usable_password": "true"}
    assert client.post(f"/admin/auth/user/{boss.pk}/password/", password).status_code == 403
    assert client.post(f"/admin/auth/user/{boss.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/auth/user/{boss.pk}/change/", form).status_code == 403
    boss.refresh_from_db()
    assert boss.check_password("a-right-password")


def test_a_fault_of_everybody_is_seen_by_everybody(otto: Rows, bart: Rows) -> None:
    SystemFault.objects.create(source="redis", code="down", sentence="Redis does not answer.")
    page = text(log_in("advisor", otto), "/admin/crm/systemfault/")
    assert "Redis does not answer." in page
    assert "Lopez" in page
    assert "Quimby" not in page


def test_blocked_time_is_given_back_by_lead_advisors(otto: Rows) -> None:
    address = f"/admin/scheduling/allocation/{otto[Allocation].pk}/delete/"
    assert log_in("advisor", otto).post(address, {"post": "yes"}).status_code == 403
    assert log_in("lead advisor", otto).post(address, {"post": "yes"}).status_code == 302
    assert not Allocation.objects.exists()
