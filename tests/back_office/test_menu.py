"""The menu beside every page, which is drawn once for all who have the same rights."""

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.models import Partner, User
from benefits_portal.tenants.staff_permissions import SUPPORT
from tests.clients import SignIn

from .conftest import page


def menu(browser: Client, where: str, language: str = "en") -> str:
    shown = browser.get(where, headers={"Accept-Language": language}).text
    return shown.partition('id="nav-sidebar"')[2].partition("</nav>")[0]


def test_a_list_leaves_the_menu_with_the_right_to_it(support: User, sign_in: SignIn) -> None:
    browser, partners = sign_in(support), page(Partner, "changelist")
    assert 'model-benefit"' in menu(browser, partners)
    Group.objects.get(name=SUPPORT).permissions.get(codename="view_benefit").group_set.clear()
    assert 'model-benefit"' not in menu(browser, partners)
    assert 'model-partner current-model"' in menu(browser, partners)


def test_the_menu_offers_to_add_what_one_may_add(
    support: User, officer: User, sign_in: SignIn
) -> None:
    partners, add = page(Partner, "changelist"), f'href="{page(Partner, "add")}"'
    assert add in menu(sign_in(officer), partners)
    assert add not in menu(sign_in(support), partners)


def test_the_menu_marks_the_list_that_is_open(office: Client) -> None:
    for where in (page(Partner, "changelist"), page(Benefit, "changelist"), reverse("refusals")):
        assert f'href="{where}" aria-current="page"' in menu(office, where)
        assert menu(office, where).count("aria-current") == 1
    assert "aria-current" not in menu(office, reverse("admin:index"))


def test_the_menu_is_in_the_language_of_its_reader(office: Client) -> None:
    partners = page(Partner, "changelist")
    assert "Partners en personen" in menu(office, partners, "nl")
    assert "Partners and people" in menu(office, partners)
