"""What people read when there is nothing, when they may not, and when something failed."""

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from crm.models import Rooftop
from tests.dealership.two_stores import make_person, make_store


@pytest.mark.django_db
def test_a_page_that_is_not_there_or_not_for_this_log_in_says_so_in_our_words() -> None:
    client = Client()
    client.force_login(make_person("reader", "read-only", make_store("Otto's", "212", "Lopez")[Rooftop]))
    for address, status, sentence in (
        ("/nowhere/", 404, "There is nothing here"),
        ("/calls/1/", 404, "belongs to a store that is not yours"),
        ("/book/", 403, "Your log-in may not do this"),
        ("/admin/crm/customer/add/", 403, "Your log-in may not do this"),
    ):
        answer = client.get(address)
        assert answer.status_code == status, address
        assert sentence in answer.content.decode(), address
        assert 'href="/"' in answer.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_was_not_sent() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x", "password": "y"})
    assert answer.status_code == 403
    assert "The form was not sent, and nothing was changed" in answer.content.decode()


def test_what_failed_is_told_without_a_database() -> None:
    # Not marked with django_db: a query would raise.
    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something failed on our side" in page
    assert "<script" not in page and "src=" not in page


@pytest.mark.django_db
def test_the_bare_address_leads_staff_to_their_day_and_others_to_the_phone() -> None:
    assert Client().get("/").headers["Location"] == "/phone/"
    client = Client()
    client.force_login(make_person("ada", "advisor", make_store("Otto's", "212", "Lopez")[Rooftop]))
    assert client.get("/", follow=True).redirect_chain[-1][0].startswith("/day/")
