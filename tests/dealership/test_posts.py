"""Who may change what, of which store: every address that takes a POST, by role, in one table.

An answer is a status, with a + when the database holds something else afterwards. Every request is
undone before the next one, so that each finds the two stores as they were.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.response import SimpleTemplateResponse
from django.test import RequestFactory
from django.urls import resolve
from import_export.tmp_storages import CacheStorage

from crm.models import Rooftop, Staff
from reminders.models import Text
from scheduling.models import Appointment
from tests.dealership import test_rights
from tests.dealership.stage import PASSWORD, Stage, set_stage
from tests.dealership.test_rights import GROUPS, MODELS, NEVER, ROLES, addresses, expected, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.security]

# The roles, in the order of the answers:
#        anonymous, read-only, advisor, lead advisor, manager, administrator, manager of another store
LANE = "302 403 302+ 302+ 302+ 302+ 404"
BOSS = "302 403 403 403 302+ 302+ 404"
READS = "302 403 200 200 200 200 404"
NOBODY = "403 403 403 403 403 403 403"
CHANGES_NOTHING = "302 302 302 302 302 302 302"
SHOWS = "200 200 200 200 200 200 200"
NOT_FOUND = "302 404 404 404 404 404 404"
WHOEVER_HAS_THE_LINK = "302+ 302+ 302+ 302+ 302+ 302+ 302+"

VISIT = "admin/scheduling/appointment"
# Address → the answers, and what is sent. The names in braces are Otto's: see furnish() of stage.py.
POSTS = {
    f"{VISIT}/{{visit}}/menu/": ("302 200 200 200 200 200 404", ""),
    f"{VISIT}/{{visit}}/step/confirm/": (LANE, "version=1"),
    f"{VISIT}/{{visit}}/step/check-in/": (LANE, ""),
    f"{VISIT}/{{missed}}/step/no-show/": (LANE, ""),
    f"{VISIT}/{{visit}}/reassign/": (LANE, "advisor={colleague}&seen_version=1"),
    f"{VISIT}/{{visit}}/note/": (LANE, "note=Call first"),
    f"{VISIT}/{{visit}}/cancel/": (LANE, "reason=Sold&seen_version=1"),
    f"{VISIT}/{{visit}}/calendar/": ("302 403 302+ 302+ 302+ 302+ 403", ""),
    f"{VISIT}/add/": (CHANGES_NOTHING, ""),  # to the page of its own
    "admin/reminders/reminder/now/{visit}/": (LANE, ""),
    "admin/scheduling/calendarconnection/{calendar}/delete/": (BOSS, "post=yes"),  # with what waits for it
    "book/": (LANE, "rooftop={rooftop}&party={customer}-{vehicle}&services={service}&arrival={opening}"),
    "book/people": (READS, "rooftop={rooftop}&who=Pat"),
    "book/openings": (READS, "rooftop={rooftop}&services={service}"),
    "day/{day}/visits/{visit}/place": (
        "302 403 200+ 200+ 200+ 200+ 404",
        "version=1&arrives_at={opening}&advisor={advisor}",
    ),
    "day/{day}/block": (
        "302 403 200+ 200+ 200+ 200+ 200",  # the stranger's own board has no such bay
        "what=bay-{bay}&starts=17:00&ends=17:30&reason=Lift check",
    ),
    "day/{day}/blocks/{block}/lift": ("302 403 403 200+ 200+ 200+ 200", ""),
    "texts/{rooftop}/{phone}/": (LANE, "body=Hello&key=1"),
    "texts/{rooftop}/{phone}/?empty": ("302 200 200 200 200 200 404", ""),
    "customers/{customer}/merge/": (LANE, "with={twin}"),
    "customers/{customer}/consent/": (LANE, "answer=no&about=both&phone={phone}"),
    "admin/crm/followuptask/{task}/take/": (LANE, ""),
    "admin/crm/followuptask/{task}/done/": (LANE, ""),
    "calls/{call}/take-over": ("302 403 403 403 302 302 404", ""),  # it is over
    "calls/{call}/review": (BOSS, "state=done&understood=2"),
    "calls/turns/{turn}/comment": (BOSS, "text=Well said"),
    "calls/turns/{turn}/follow-up": (LANE, "summary=Ring back&due_at=2030-01-07T09:00&owner={advisor}"),
    "setup/new/": ("302 403 403 403 403 302+ 403", "form=StoreForm&name=Third&time_zone=America/Denver"),
    "setup/{rooftop}/store/": (BOSS, "form=StoreForm&name=Third&time_zone=America/Denver"),
    "setup/{rooftop}/numbers/": (BOSS, "form=NumbersForm&numbers=(212) 555-0177"),
    "setup/{rooftop}/hours/": (BOSS, "form=HoursForm&opens_0=08:00&closes_0=12:00"),
    "setup/{rooftop}/people/": (BOSS, "form=AdvisorForm&name=Ann&role=advisor"),
    "setup/{rooftop}/people/?technician": (
        BOSS,
        "form=TechnicianForm&name=Ann&skills=general&starts=08:00&ends=12:00",
    ),
    "setup/{rooftop}/bays/": (BOSS, "form=BaysForm&{bays}"),
    "setup/{rooftop}/menu/": (BOSS, "form=MenuForm&source=usual"),
    "setup/{rooftop}/desk/": (BOSS, "form=DeskForm&number=(212) 555-0188"),
    "phone/call": ("403 403 200+ 200+ 200+ 200+ 409", "from=&rooftop={rooftop}"),
    "phone/text": ("403 403 200+ 200+ 200+ 200+ 400", "from={number}&body=Hello&rooftop={rooftop}"),
    "phone/answer": ("403 403 200+ 200+ 200+ 200+ 409", "call_sid={ringing}"),
    "phone/decline": ("403 403 204+ 204+ 204+ 204+ 204", "call_sid={ringing}"),
    "a/{token}/confirm": (WHOEVER_HAS_THE_LINK, "arrives_at={arrives_at}"),
    "a/{token}/move": (WHOEVER_HAS_THE_LINK, "arrives_at={opening}&version=1"),
    "a/{token}/cancel": (WHOEVER_HAS_THE_LINK, "version=1"),
    **{
        route.replace("<str:sid>", "CA1"): (NOBODY, "")  # without a signature
        for route in test_rights.POSTS
        if route.startswith("api/")
    },
    # Log-ins. A wrong password is counted.
    "admin/login/": ("200+ 200+ 200+ 200+ 200+ 200+ 200+", "username=nobody&password=wrong"),
    "admin/logout/": ("302 200 200 200 200 200 200", ""),
    "admin/password_change/": (
        "302 302+ 302+ 302+ 302+ 302+ 302+",
        f"old_password={PASSWORD}&new_password1=Other-{PASSWORD}&new_password2=Other-{PASSWORD}",
    ),
    "admin/password_reset/": (CHANGES_NOTHING, "email=nobody@example.com"),
    "admin/password_reset/x/x/": (SHOWS, ""),
    "admin/auth/user/{user}/password/": (
        "302 403 403 403 403 302+ 403",
        f"password1={PASSWORD}&password2={PASSWORD}&usable_password=true",
    ),
    # What answers a POST as it answers a GET.
    "": (CHANGES_NOTHING, ""),
    "favicon.ico": (CHANGES_NOTHING, ""),
    "admin/": (CHANGES_NOTHING, ""),
    "admin/crm/": ("302 200 200 200 200 200 200", ""),
    "admin/r/1/1/": (NOT_FOUND, ""),
    "admin/nothing": (NOT_FOUND, ""),
    "admin/scheduling/calendarconnection/{calendar}/connect/": ("302 403 403 403 302 302 404", ""),
}
# What is sent to the pages that add and change a row of a model.
FORMS = {
    "crm/customer": "first_name=Ann&language=en&rooftop={rooftop}&preferred_advisor={advisor}",
    "crm/vehicle": "make=Ford&rooftop={rooftop}",
    "crm/followuptask": (
        "kind=callback&summary=Ring&due_at=2030-01-07T09:00&rooftop={rooftop}&owner={advisor}&customer={customer}"
    ),
    "crm/repairorder": (
        "number=R2&status=checked_in&opened_at=2026-01-05T09:00&rooftop={rooftop}"
        "&customer={customer}&vehicle={vehicle}&advisor={advisor}"
    ),
    "crm/rooftop": "name=Third&time_zone=America/Denver&grid_minutes=15&lead_minutes=60&horizon_days=90",
    "crm/staff": "name=Ann&role=advisor&rooftop={rooftop}",
    "scheduling/appointment": "arrival={wall_time}&seen_version=1",
    "scheduling/allocation": (
        "bay={bay}&starts_at=2030-01-07T09:00&ends_at=2030-01-07T10:00&reason=Lift&rooftop={rooftop}"
    ),
    "scheduling/waitlistentry": (
        "customer={customer}&vehicle={vehicle}&op_codes={service}"
        "&first_day=2030-01-07&last_day=2030-01-08&rooftop={rooftop}"
    ),
    "scheduling/opcode": (
        "code=NEW&name=New&minutes=30&price_min=1&price_max=2&skill=general&bay_types=general&rooftop={rooftop}"
    ),
    "scheduling/openinghours": (
        "weekday=0&opens=08:00&closes=18:00&first_arrival=08:00&last_arrival=16:00"
        "&valid_from=2030-01-07&valid_to=2030-01-07&rooftop={rooftop}"
    ),
    "scheduling/closure": (
        "reason=Training&starts_at=2030-01-07T09:00&ends_at=2030-01-07T10:00&rooftop={rooftop}&agreed="
    ),
    "scheduling/bay": "name=Ninth&bay_type=general&rooftop={rooftop}",
    "scheduling/technician": "name=Ann&skills=general&proficiency=1.0&rooftop={rooftop}",
    "scheduling/transportoption": "kind=shuttle&seats=4&departures=08:00&rooftop={rooftop}",
    "scheduling/loaner": "name=Ninth&rooftop={rooftop}",
    "scheduling/calendarconnection": "calendar_id=x@example.com&technician={technician}&rooftop={rooftop}",
    "auth/user": (
        f"username=new&usable_password=true&password1={PASSWORD}&password2={PASSWORD}"
        "&is_active=on&date_joined_0=2026-01-05&date_joined_1=09:00:00"
    ),
}
FIXED = {"scheduling/calendarconnection"}  # nothing of a row that is there can be changed
SHEETS = {
    "crm/customer": "first_name,rooftop\nNora,Otto's Auto",
    "crm/vehicle": "make,rooftop\nFord,Otto's Auto",
    "scheduling/appointment": (
        "rooftop,arrives_at,customer,phone,vehicle,services\n"
        "Otto's Auto,{import_time},Pat Lopez,{number},2020 Lopez,LOF"
    ),
}
# What can be done with several rows at once: whom it serves, in the order of ROLES, and what is sent besides.
BULK = "- - + + + + -"
ACTIONS = {
    "crm/customer": {"merge_two": ("- - - - - - -", "{customer}", "")},  # leads to the page that asks
    "crm/followuptask": {"take_tasks": (BULK, "{task}", ""), "mark_done": (BULK, "{task}", "")},
    "scheduling/appointment": {
        "confirm_visits": (BULK, "{visit}", ""),
        "check_in_visits": (BULK, "{visit}", ""),
        "no_show_visits": (BULK, "{missed}", ""),
        "cancel_visits": (BULK, "{visit}", "reason=Sold&seen_{visit}=1"),
        "tell_calendars_again": (BULK, "{visit}", ""),
    },
}


@dataclass(frozen=True, slots=True)
class Case:
    """One address, what is sent there, and the answers by role."""

    address: str
    wanted: list[str]
    body: dict[str, Any]
    roles: tuple[str, ...] = ROLES


@pytest.fixture
def stage(db: None, monkeypatch: pytest.MonkeyPatch) -> Stage:
    # What the pages show is tested elsewhere, and drawing a thousand of them takes a minute.
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", property(lambda answer: ""))
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)  # refusals by the hundred
    monkeypatch.setattr(CacheStorage, "remove", lambda storage: None)  # the next role imports it too
    return set_stage()


# --- the cases ----------------------------------------------------------------------------


def sent(body: str, names: dict[str, Any]) -> dict[str, Any]:
    return dict(part.split("=", 1) for part in body.format(**names).split("&") if part)


def pages(stage: Stage) -> Iterator[Case]:
    for address, (wanted, body) in POSTS.items():
        yield Case(address.format(**stage.names), wanted.split(), sent(body, stage.names))


def pages_of_models(stage: Stage) -> Iterator[Case]:
    for model in MODELS:
        yield from _pages_of(model, stage)
    for model in SHEETS:
        yield from _sheets_of(model, stage)


def _pages_of(model: str, stage: Stage) -> Iterator[Case]:
    start, key = f"admin/{model}/", stage.key(model)
    for page in ("", "<path:object_id>/history/", "<path:object_id>/"):
        # Only read: what changes nothing for who may everything changes nothing for others.
        status = expected(start + page)[ROLES.index("administrator")]
        address = start + page.replace("<path:object_id>", str(key))
        yield Case(address, [str(status)], {}, ("administrator",))
    body = {**sent(FORMS.get(model, ""), stage.names), **_no_inlines(model)}
    if model != "scheduling/appointment":  # which is booked on a page of its own
        yield Case(f"{start}add/", _wanted(model, "a", "302+", stranger="200"), body)
    changed = "302" if model in FIXED else "302+"
    yield Case(f"{start}{key}/change/", _wanted(model, "c", changed, stranger="404"), body)
    spare = stage.key(model, stage.spare)
    yield Case(f"{start}{spare}/delete/", _wanted(model, "d", "302+", stranger="404"), {"post": "yes"})


def _sheets_of(model: str, stage: Stage) -> Iterator[Case]:
    start, upload = f"admin/{model}/", {"format": "0", "resource": ""}
    lines = SHEETS[model].format(**stage.names).encode()
    preview = upload | {"import_file": SimpleUploadedFile("rows.csv", lines, "text/csv")}
    shown: Any = stage.as_("administrator").post(f"/{start}import/", preview)
    form = shown.context_data["confirm_form"]
    confirmed = {name: value for name, value in form.initial.items() if value is not None}
    yield Case(f"{start}process_import/", _wanted(model, "s", "302+", stranger="302"), confirmed)
    for page in ("import/", "export/"):
        yield Case(f"{start}{page}", _wanted(model, "s", "200", stranger="200"), upload)


def _wanted(model: str, letter: str, yes: str, *, stranger: str) -> list[str]:
    may = [letter in letters for letters in MODELS[model].split()]
    as_manager = may[GROUPS.index("manager")]
    return ["302", *(yes if each else "403" for each in may), stranger if as_manager else "403"]


def _no_inlines(model: str) -> dict[str, str]:
    """What Django wants to hear of the rows below a form: there are none."""
    parent = apps.get_model(model.replace("/", "."))
    told: dict[str, str] = {}
    for inline in admin.site._registry[parent].inlines:
        link: Any = next(each for each in inline.model._meta.fields if each.related_model is parent)
        prefix = link.remote_field.get_accessor_name()
        told |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return told


# --- who may ------------------------------------------------------------------------------


@pytest.mark.timeout(300)
@pytest.mark.parametrize("asked", [pages, pages_of_models])
def test_every_post_changes_what_the_table_says_for_each_role(
    stage: Stage, asked: Callable[[Stage], Iterator[Case]]
) -> None:
    wrong = []
    for case in asked(stage):
        answers = [stage.post(role, case.address, case.body) for role in case.roles]
        if answers != case.wanted:
            wrong.append(f"{case.address}: {' '.join(answers)}, not {' '.join(case.wanted)}")
    assert wrong == [], "\n".join(wrong)


def test_no_address_that_takes_a_post_is_missing_from_the_table(stage: Stage) -> None:
    asked = [*pages(stage), *pages_of_models(stage)]
    there = {resolve(f"/{case.address.split('?')[0]}").route for case in asked}
    others = [route for route in addresses() if route.replace("^", "") not in there]
    answers = {each: stage.post("administrator", path_of(each, stage.rows)[1:], {}) for each in others}
    assert len(answers) > 20
    assert {each: answer for each, answer in answers.items() if answer != "405"} == {}


def test_only_signed_callbacks_come_without_the_token_of_a_form(stage: Stage) -> None:
    views = {route: resolve(path_of(route, stage.rows)).func for route in addresses()}
    exempt = {route for route, view in views.items() if getattr(view, "csrf_exempt", False)}
    assert exempt == {route for route in test_rights.POSTS if route.startswith("api/")}


def test_what_is_done_with_several_rows_is_for_whom_the_table_says(stage: Stage) -> None:
    wrong = []
    for model in (each for each, letters in MODELS.items() if letters != NEVER):
        actions = ACTIONS.get(model, {}) | _deletions(model, stage)
        assert set(_offered(model)) == set(actions), model
        for name, (wanted, key, more) in actions.items():
            body = {"action": name, "_selected_action": key.format(**stage.names), "post": "yes"}
            answers = [stage.post(role, f"admin/{model}/", body | sent(more, stage.names)) for role in ROLES]
            if ["+" if "+" in answer else "-" for answer in answers] != wanted.split():
                wrong.append(f"{model} {name}: {' '.join(answers)}, not {wanted}")
    assert wrong == [], "\n".join(wrong)


def _deletions(model: str, stage: Stage) -> dict[str, tuple[str, str, str]]:
    may = ["+" if "d" in letters else "-" for letters in MODELS[model].split()]
    if "+" not in may or model == "scheduling/appointment":
        return {}
    return {"delete_selected": (" ".join(["-", *may, "-"]), str(stage.key(model, stage.spare)), "")}


def _offered(model: str) -> list[str]:
    """To an administrator."""
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="administrator")
    page: Any = admin.site._registry[apps.get_model(model.replace("/", "."))]
    return list(page.get_actions(request))


# --- where --------------------------------------------------------------------------------

OF_A_STORE = (
    *("rooftop", "customer", "vehicle", "service", "advisor", "bay", "technician", "visit", "missed", "task"),
    *("call", "turn", "block", "ringing", "phone", "twin", "colleague", "calendar"),
)
AT_HOME = {"phone/call", "phone/text"}  # ring the person's own store, whichever is sent
SETTLED = {"scheduling/closure", "scheduling/calendarconnection"}  # the store of a row that is there


def test_what_is_named_of_another_store_changes_nothing(stage: Stage) -> None:
    """Otto's manager sends everything that may be sent, each time with one thing of Bart's."""
    pages = [(address, body) for address, (_, body) in POSTS.items() if address not in AT_HOME]
    for model, body in FORMS.items():
        pages += [(f"admin/{model}/add/", body)]
        pages += [] if model in SETTLED else [(f"admin/{model}/{stage.key(model)}/change/", body)]
    changed, asked = [], 0
    for address, body in pages:
        for name in (each for each in OF_A_STORE if f"{{{each}}}" in address + body):
            names = stage.names | {name: stage.theirs[name]}
            inlines = _no_inlines("/".join(address.split("/")[1:3])) if body in FORMS.values() else {}
            answer = stage.post("manager", address.format(**names), sent(body, names) | inlines)
            asked += 1
            if "+" in answer or answer == "500":
                changed.append(f"{address} with their {name}: {answer}")
    assert changed == [], "\n".join(changed)
    assert asked > 80


def test_a_form_sent_twice_is_one_visit_only_at_its_own_store(stage: Stage) -> None:
    theirs = Appointment.objects.get(pk=stage.theirs["visit"])
    Appointment.objects.filter(pk=theirs.pk).update(idempotency_key="import:7")
    body = sent("party={customer}-{vehicle}&services={service}&is_here=on&key=import:7", stage.names)
    answer = stage.as_("advisor").post("/book/", body)
    assert answer.headers.get("Location") != f"/{VISIT}/{theirs.pk}/change/"
    theirs.refresh_from_db()
    assert theirs.status == "booked"


def test_staff_cannot_write_a_text_in_the_place_of_the_products_own(stage: Stage) -> None:
    address = "/texts/{rooftop}/{phone}/".format(**stage.names)
    assert stage.as_("advisor").post(address, {"body": "Hi", "key": "answer:5"}).status_code == 302
    assert Text.objects.get(kind="by_hand").key == "hand:answer:5"


def test_a_manager_of_two_stores_moves_nobodys_log_in_to_the_other(stage: Stage) -> None:
    other = Rooftop.objects.get(name="Bart's")
    boss, person = User.objects.get(username="manager"), Staff.objects.get(user__username="advisor")
    Staff.objects.create(rooftop=other, name="manager", role="manager", user=boss)
    form = {"name": "Ann", "role": "advisor", "rooftop": other.pk, "user": ""}
    stage.as_("manager").post(f"/admin/crm/staff/{person.pk}/change/", form)
    person.refresh_from_db()
    assert (person.name, person.rooftop_id, person.user) == (
        "Ann",
        stage.names["rooftop"],
        User.objects.get(username="advisor"),
    )
