"""The demo store on a Saturday, and its advisor at the counter."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from crm.models import Rooftop, Staff
from tests.factories import SATURDAY, make_demo_store


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def user(store: Rooftop) -> User:
    user = User.objects.get(username="advisor")
    Staff.objects.filter(rooftop=store, name="Dana Brooks").update(user=user)
    return user


@pytest.fixture
def advisor(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
