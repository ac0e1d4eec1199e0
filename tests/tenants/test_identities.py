"""Whoever somebody is, every spelling is one person, at every entry point (rules W1 to W3)."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core import mail, serializers
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from benefits_portal.backoffice.importing import Outcome
from benefits_portal.tenants.audit.display import lines
from benefits_portal.tenants.directory_imports import PartnerImport
from benefits_portal.tenants.exceptions import AlreadyInDirectory, GuestFromInside, NameOfGuest
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantRequest,
    User,
)
from benefits_portal.tenants.outbox import send_due
from tests.clients import SignIn
from tests.factories import (
    PASSWORD,
    DirectoryUserFactory,
    PartnerFactory,
    RoleAssignmentFactory,
    TenantFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.rule("W1", "W2", "W3")]
KIM = "kim.x@litware.example"
SPELLINGS = [
    "kim.x@litware.example\u200b",
    "\u202akim.x@litware.example\u202c",
    "Kim.X@LITWARE.example",
    "ｋｉｍ．ｘ＠litware.example",
    "<kim.x@litware.example>",
    "mailto:kim.x@litware.example",
    " kim.x@litware.example. ",
    "Kim de Vries <kim.x@litware.example>",
    '"Vries, Kim de" <kim.x@litware.example>;',
    "Kim <mailto:kim.x@litware.example>",
    "MAILTO:kim.x@litware.example?subject=Hello&cc=lou@x.example",
    "kim.x@litware.example;",
]
SIGN_IN, ASK = reverse("tenants:sign-in"), reverse("tenants:password-ask")


@pytest.fixture
def boss(tenant: Tenant) -> User:
    user = UserFactory.create(directory_user__tenant=tenant)
    RoleAssignmentFactory.create(user=user, role=Role.GLOBAL_ADMIN)
    return user


@pytest.fixture
def add(boss: User, tenant: Tenant, sign_in: SignIn) -> Callable[..., Any]:
    """What *Add a user* answers: the form's errors, or none."""

    def added(name: str = "Kim", address: str = KIM, kind: str = "guest") -> Any:
        acting = {"acting_in": f"{tenant.partner_id}-{tenant.pk}", "tenant": tenant.pk}
        sent = acting | {"name": name, "address": address, "kind": kind}
        answer = sign_in(boss).post(reverse("tenants:add-user"), sent)
        return answer.context["form"].errors if answer.context else {}

    return added


def addresses() -> list[str]:
    return sorted(DirectoryUser.objects.guests().values_list("user_principal_name", flat=True))


# Adding


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_somebody_is_already_there(
    add: Callable[..., Any], spelling: str
) -> None:
    assert add() == {}
    # Another name: the same act again would be a double click (W11).
    assert list(add("Somebody else", spelling)) == ["address"]
    assert addresses() == [KIM]


@pytest.mark.parametrize("mark", ["\u200b", "\u200e", "\u2060", "\ufeff"])
def test_an_address_of_the_tenant_itself_is_no_guest_in_any_spelling(
    add: Callable[..., Any], tenant: Tenant, mark: str
) -> None:
    errors = add(address=f"Kim.Y@{tenant.domain}{mark}")
    assert errors["address"] == [str(GuestFromInside())]
    assert addresses() == []


@pytest.mark.parametrize(
    "name", ["\u200b", "\u3164", "\u2800\u2800", "…", "👩", "\U00013441", " ", "4711"]
)
def test_a_name_in_which_nobody_sees_a_letter_is_refused(
    add: Callable[..., Any], name: str
) -> None:
    assert add(name=name)["name"] == ["Enter the person's name."]
    assert addresses() == []


def test_a_name_of_two_lines_is_refused(add: Callable[..., Any]) -> None:
    assert add(name="Hello\n\nSign in at http://evil.example/")["name"] == [
        "Write this on one line."
    ]
    assert addresses() == []


def test_a_name_is_kept_without_what_turns_its_neighbors_round(
    add: Callable[..., Any], boss: User, sign_in: SignIn
) -> None:
    add(name="\u202eevil\u202c Kim")
    person = DirectoryUser.objects.guests().get()
    assert person.display_name == "evil Kim"
    assert (
        "<bdi>evil Kim</bdi>" in sign_in(boss).get(reverse("tenants:user", args=[person.pk])).text
    )


def test_a_name_from_right_to_left_is_isolated_in_a_sentence(
    add: Callable[..., Any], tenant: Tenant
) -> None:
    add(name="דנה")
    with pytest.raises(AlreadyInDirectory) as refused:
        DirectoryUser.objects.add_to(tenant, "Dana", KIM, by=Actor(), kind="guest")
    assert str(refused.value).startswith("\u2068דנה\u2069 already has this address")
    [line] = lines(Record.objects.exclude(refused=""), tenant.partner)
    assert line.refused.startswith("\u2068דנה\u2069 already has this address")


# A directory's own names for guests


def test_a_directory_s_own_name_for_a_guest_is_the_guest(
    add: Callable[..., Any], tenant: Tenant
) -> None:
    assert add(address=f"john_fabrikam.example#EXT#@{tenant.domain}") == {}
    assert addresses() == ["john@fabrikam.example"]


@pytest.mark.parametrize("kind", ["member", "guest"])
@pytest.mark.parametrize("domain", ["", "elsewhere.onmicrosoft.com"])
def test_a_directory_s_own_name_is_no_member_and_of_no_other_tenant(
    add: Callable[..., Any], tenant: Tenant, kind: str, domain: str
) -> None:
    if kind == "guest" and not domain:
        return  # that is the guest
    errors = add(address=f"john_fabrikam.example#EXT#@{domain or tenant.domain}", kind=kind)
    assert errors["address"] == [str(NameOfGuest())]


def test_no_account_has_a_directory_s_own_name(sign_in: SignIn) -> None:
    office = sign_in(UserFactory.create(staff=True, is_superuser=True))
    sent = {"email": "john_f.example#EXT#@c.example", "name": "John", "usable_password": "false"}
    answer = office.post(reverse("admin:tenants_user_add"), sent)
    assert answer.context["adminform"].form.errors["email"] == [
        "This is a directory's internal name for a guest."
    ]


# Signing in


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_signs_in_with_any_spelling_of_the_address(spelling: str) -> None:
    user = UserFactory.create(email=KIM)
    assert Client().post(SIGN_IN, {"username": spelling, "password": PASSWORD}).status_code == 302
    assert User.objects.get_by_natural_key(spelling) == user


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_link_for_a_password_is_sent_for_any_spelling(spelling: str) -> None:
    UserFactory.create(email=KIM)
    Client().post(ASK, {"email": spelling})
    send_due()
    assert [message.to for message in mail.outbox] == [[KIM]]


def test_a_guest_signs_in_with_the_name_that_the_tenant_has_for_her(tenant: Tenant) -> None:
    DirectoryUserFactory.create(
        tenant=tenant, guest=True, user_principal_name="john@fabrikam.example"
    )
    user = UserFactory.create(email="john@fabrikam.example")
    theirs = f"John_Fabrikam.example#EXT#@{tenant.domain}"
    assert Client().post(SIGN_IN, {"username": theirs, "password": PASSWORD}).status_code == 302
    Client().post(ASK, {"email": theirs})
    send_due()
    assert [message.to for message in mail.outbox] == [[user.email]]
    nobody = "john_fabrikam.example#EXT#@unheard-of.example"
    assert Client().post(SIGN_IN, {"username": nobody, "password": PASSWORD}).status_code == 200


def test_a_guest_with_a_role_asks_for_a_password_with_her_real_address(tenant: Tenant) -> None:
    added = DirectoryUser.objects.add_to(tenant, "Kim", f"{KIM}\u200b", kind="guest", by=Actor())
    RoleAssignment.objects.give(added, Role.MEMBER, by=Actor())
    Client().post(ASK, {"email": KIM})
    send_due()
    assert [message.to for message in mail.outbox] == [[KIM]]


def test_wrong_passwords_are_counted_for_one_person_whatever_the_spelling() -> None:
    UserFactory.create(email=KIM)
    for number in range(10):
        Client().post(
            SIGN_IN, {"username": SPELLINGS[number % len(SPELLINGS)], "password": "wrong"}
        )
    assert Client().post(SIGN_IN, {"username": KIM, "password": PASSWORD}).status_code == 429


def test_authenticate_takes_any_spelling(rf: RequestFactory) -> None:
    user = UserFactory.create(email=KIM)
    request = rf.post(SIGN_IN)
    assert [
        authenticate(request, username=spelling, password=PASSWORD) for spelling in SPELLINGS
    ] == [user] * len(SPELLINGS)


@pytest.mark.rule("W12")
def test_no_mail_carries_what_somebody_typed() -> None:
    user = UserFactory.create(email=KIM, name="Visit evil.example/now")
    Client().post(ASK, {"email": user.email})
    send_due()
    [message] = mail.outbox
    assert [text for text in (message.subject, message.body) if "evil" in text] == []
    assert "Hello," in message.body


# Whatever writes a row


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_row_is_written_or_looked_up_in_another_spelling(tenant: Tenant, spelling: str) -> None:
    def rows() -> list[DirectoryUser]:
        return list(
            DirectoryUser.objects.filter(user_principal_name=spelling, display_name="Kim  \u200bYu")
        )

    made = DirectoryUser(
        tenant=tenant, display_name="Kim\u00a0Yu\u200b", user_principal_name=spelling, kind="guest"
    )
    DirectoryUser.objects.bulk_create([made])
    assert [(person.user_principal_name, person.display_name) for person in rows()] == [
        (KIM, "Kim Yu")
    ]
    DirectoryUser.objects.update(user_principal_name=spelling)
    person, is_new = DirectoryUser.objects.get_or_create(
        tenant=tenant, user_principal_name=spelling
    )
    person.user_principal_name = spelling
    DirectoryUser.objects.bulk_update([person], ["user_principal_name"])
    assert not is_new
    assert addresses() == [KIM]
    assert rows() == [person]
    person.user_principal_name = spelling
    person.save()
    assert (person.user_principal_name, addresses()) == (KIM, [KIM])


@pytest.mark.parametrize(
    "spelling",
    ["CONTOSO.example", "https://contoso.example/", "contoso.example\u200b", "ｃontoso.example."],
)
def test_a_domain_has_one_spelling_whatever_writes_it(spelling: str) -> None:
    tenant = TenantFactory.create(domain=spelling)
    assert (tenant.domain, Tenant.objects.get(domain=spelling)) == ("contoso.example", tenant)
    with pytest.raises(IntegrityError), transaction.atomic():
        TenantFactory.create(domain="contoso.example")


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (DirectoryUser, "user_principal_name"),
        (User, "email"),
        (Tenant, "domain"),
        (TenantRequest, "domain"),
        (Partner, "mpn_id"),
    ],
)
def test_the_database_refuses_another_spelling_past_the_models(
    tenant: Tenant, boss: User, model: type[Model], column: str
) -> None:
    TenantRequest.objects.ask(tenant.partner, "West", "west.example", by=Actor())
    wrong = "1234５" if model is Partner else "Kim@CONTOSO.example"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        # The names of the table and the column are our own.
        cursor.execute(f'UPDATE "{model._meta.db_table}" SET "{column}" = %s', [wrong])  # noqa: S608
    assert model._default_manager.exists()


def test_createsuperuser_takes_one_spelling_and_refuses_what_is_no_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command(
        "createsuperuser",
        interactive=False,
        email="<Kim.X@litware.example>\u200b",
        name="Kim \u200b Yu",
        stdout=StringIO(),
    )
    assert User.objects.values_list("email", "name").get() == (KIM, "Kim Yu")
    for facts in ({"email": "nobody", "name": "Kim"}, {"email": "a@b.example", "name": "\u200b"}):
        with pytest.raises(CommandError):
            call_command("createsuperuser", interactive=False, stdout=StringIO(), **facts)
    assert User.objects.count() == 1


def test_a_fixture_is_kept_in_one_spelling(tenant: Tenant) -> None:
    fields = {
        "tenant": tenant.pk,
        "partner": tenant.partner_id,
        "display_name": "Kim\u200b",
        "kind": "guest",
    }
    row = {
        "model": "tenants.directoryuser",
        "pk": 900,
        "fields": fields | {"user_principal_name": f"{KIM.upper()}\u200b"},
    }
    for loaded in serializers.deserialize("json", json.dumps([row])):
        loaded.save()
    assert DirectoryUser.objects.values_list("display_name", "user_principal_name").get(pk=900) == (
        "Kim",
        KIM,
    )


def test_what_is_put_on_record_holds_nothing_invisible(partner: Partner) -> None:
    about = {"name": "a\u200bb\0", "rows": ["x\u202ey", 1], "more": {"why": "a\nb"}}
    record = Record.objects.log(
        "tests.noted", by=Actor(reason="be\u200bcause\nof it"), partner=partner, after=about
    )
    record.refresh_from_db()
    assert (record.after, record.reason) == (
        {"name": "ab", "rows": ["xy", 1], "more": {"why": "a b"}},
        "because of it",
    )


# Identifiers


@pytest.mark.parametrize("mpn_id", ["５２０１００１", "0005201001", "٥٢٠١٠٠١"])
def test_digits_of_any_script_are_the_same_mpn_id(sign_in: SignIn, mpn_id: str) -> None:
    PartnerFactory.create(mpn_id="5201001")
    office = sign_in(UserFactory.create(staff=True, is_superuser=True))
    sent = {
        "name": "Contoso",
        "mpn_id": mpn_id,
        "country": "NL",
        "currency": "EUR",
        "time_zone": "UTC",
        "tenants-TOTAL_FORMS": "0",
        "tenants-INITIAL_FORMS": "0",
    }
    answer = office.post(reverse("admin:tenants_partner_add"), sent)
    errors = answer.context["adminform"].form.errors["mpn_id"]
    assert errors == ["Partner with this MPN ID already exists."]
    assert Partner.objects.filter(mpn_id=mpn_id).count() == Partner.objects.count() == 1


@pytest.mark.rule("W4")
def test_zeros_in_front_make_no_second_partner() -> None:
    there = PartnerFactory.create(mpn_id="001234567")
    assert (there.mpn_id, Partner.objects.get(mpn_id="0001234567")) == ("1234567", there)
    file = (
        "mpn_id,name,country,currency,time_zone\n"
        "0001234567,Contoso,NL,EUR,UTC\n"
        "1234567,Contoso,NL,EUR,UTC\n"
        "000123,Litware,NL,EUR,UTC\n"
    )
    [first, again, short] = PartnerImport.of(file).lines
    assert (first.row.pk, first.outcome, again.reason) == (
        there.pk,
        Outcome.CHANGED,
        "Duplicate of line 2.",
    )
    assert short.reason == "mpn_id: An MPN ID has 4 to 10 digits. Leading zeros don't count."
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_partner SET mpn_id = '0001234567'")


# A tenant that is asked for, and a password


@pytest.mark.parametrize(
    "typed",
    [
        "Contoso-West.onmicrosoft.com",
        "https://contoso-west.onmicrosoft.com/",
        "contoso-west.onmicrosoft.com\u200b",
    ],
)
def test_the_domain_of_a_tenant_is_taken_as_it_is_pasted(
    boss: User, tenant: Tenant, sign_in: SignIn, typed: str
) -> None:
    acting = {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}
    sign_in(boss).post(
        reverse("tenants:ask-for-tenant"), acting | {"name": "West", "domain": typed}
    )
    assert TenantRequest.objects.get().domain == "contoso-west.onmicrosoft.com"


def test_what_has_to_be_left_out_of_a_domain_is_told(
    boss: User, tenant: Tenant, sign_in: SignIn
) -> None:
    acting = {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}
    sent = acting | {"name": "West", "domain": "https://contoso.com/sign-in?next=/"}
    answer = sign_in(boss).post(reverse("tenants:ask-for-tenant"), sent)
    assert answer.context["form"].errors["domain"] == [
        "Enter the domain alone, like contoso.com, without anything before or after it."
    ]


def test_a_password_too_short_is_told_at_the_field_it_was_chosen_in(sign_in: SignIn) -> None:
    user = UserFactory.create(email=KIM)
    Client().post(ASK, {"email": KIM})
    send_due()
    link = mail.outbox[0].body.split("http://testserver")[1].split()[0]
    client = Client()
    page = client.get(link, follow=True).request["PATH_INFO"]
    for again in ("short", "", "other"):
        errors = (
            client.post(page, {"new_password1": "short", "new_password2": again})
            .context["form"]
            .errors
        )
        assert errors["new_password1"] == [
            "This password is too short. It must contain at least 12 characters."
        ]
        assert ("new_password2" in errors) == (again != "short")
    office = sign_in(UserFactory.create(staff=True, is_superuser=True))
    sent = {
        "password1": "short",
        "password2": "short",
        "usable_password": "true",
        "reason": "Asked for",
    }
    answer = office.post(reverse("admin:auth_user_password_change", args=[user.pk]), sent)
    assert list(answer.context["form"].errors) == ["password1"]
