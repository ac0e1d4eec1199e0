"""deploy/nginx.conf before a portal, as a real nginx reads it.

TLS with a certificate of its own, and unknown hosts.
"""

import getpass
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drills.servers import Nginx, Portal

DEPLOY = Path(__file__).parents[2] / "deploy"
CONFIGURATION = "".join(
    (DEPLOY / name).read_text() for name in ("nginx.conf", "nginx-metrics.conf")
)
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
HOST = "benefits.example.org"
OWN_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}
pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="needs nginx")


class Behind(BaseHTTPRequestHandler):
    """In the place of gunicorn: answers with the headers that it got, and some of its own."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/none" else 200)
        body = str(self.headers).encode()
        headers = {
            "Content-Length": str(len(body)),
            "Content-Security-Policy": "default-src 'self'",
        }
        for name, value in (headers | {"X-Frame-Options": "DENY"}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


class Proxy:
    """nginx with the project's configuration on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.behind = ThreadingHTTPServer(("127.0.0.1", 0), Behind)
        threading.Thread(target=self.behind.serve_forever, daemon=True).start()
        self.plain, self.secure, self.metrics = free_port(), free_port(), free_port()
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"),
                *("-keyout", folder / "portal.key", "-out", folder / "portal.pem"),
            ],
            check=True,
            capture_output=True,
        )
        configuration = CONFIGURATION.replace(
            "unix:/run/benefits-portal.sock", f"127.0.0.1:{self.behind.server_port}"
        )
        # A second machine, which is away.
        configuration = configuration.replace(
            "# server 10.0.0.12:8000", f"server 127.0.0.1:{free_port()}"
        )
        for old, new in {
            r"listen 80\b": f"listen 127.0.0.1:{self.plain}",
            r"listen 443\b": f"listen 127.0.0.1:{self.secure}",
            r"listen 127.0.0.1:9180": f"listen 127.0.0.1:{self.metrics}",
            r" *listen \[::\].*\n": "",
            r"/etc/ssl/\w+/benefits-portal\.": f"{folder}/portal.",
            r"/var/log/nginx": str(folder),
            r"/var/www/letsencrypt": f"{folder}/www",
        }.items():
            configuration = re.sub(old, new, configuration)
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; user {getpass.getuser()}; pid {folder}/pid; "
            "worker_processes 1; events { }\n"
            f"http {{ {temporary} types {{ }}\n{configuration} }}"
        )
        self.command = [NGINX, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")]
        self.process = subprocess.Popen(self.command)
        self.trust = ssl.create_default_context(cafile=folder / "portal.pem")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.behind.shutdown()
        self.behind.server_close()

    def socket(self, *, secure: bool, name: str = HOST) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.secure if secure else self.plain), 10)
        return self.trust.wrap_socket(plain, server_hostname=name) if secure else plain

    def request(
        self,
        path: str,
        *,
        secure: bool = True,
        host: str = HOST,
        body: bytes | None = None,
        **headers: str,
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and body."""
        connection = http.client.HTTPConnection(HOST)
        connection.sock = self.socket(secure=secure)
        sent = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
        with connection.sock:
            connection.request("POST" if body else "GET", path, body, sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        found = {name.lower(): value for name, value in answer.getheaders()}
        assert len(found) == len(answer.getheaders())  # none is there twice
        return answer.status, found, text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(folder: Path) -> Proxy:
    challenge = folder / "www" / ".well-known" / "acme-challenge" / "token"
    challenge.parent.mkdir(parents=True)
    challenge.write_text("answer of certbot")
    running = Proxy(folder)
    for _ in range(200):
        try:
            running.socket(secure=False).close()
            break
        except OSError:
            time.sleep(0.02)
    return running


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    running = started(tmp_path_factory.mktemp("nginx"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx with nobody behind it any more."""
    running = started(tmp_path_factory.mktemp("alone"))
    running.behind.socket.close()
    yield running
    running.stop()


def test_nginx_finds_nothing_wrong_with_it(proxy: Proxy) -> None:
    checked = subprocess.run([*proxy.command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr, checked.stderr


def test_the_drills_understand_it_too(tmp_path: Path, proxy: Proxy) -> None:
    drilled = Nginx(tmp_path, [cast("Portal", SimpleNamespace(port=proxy.secure))])
    command = [NGINX, "-t", "-c", str(drilled.configuration), "-e", str(tmp_path / "log")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", f"{HOST}.evil.example"])
def test_whoever_asks_for_another_host_gets_no_answer(
    proxy: Proxy, secure: bool, host: str
) -> None:
    assert proxy.request("/", secure=secure)[0] == (200 if secure else 301)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        proxy.request("/", secure=secure, host=host)


def test_nobody_notices_that_one_of_two_machines_is_away(proxy: Proxy) -> None:
    answers = [proxy.request("/")[0] for _ in range(8)] + [
        proxy.request("/", body=b"x=1")[0] for _ in range(8)
    ]
    assert answers == [200] * 8 + [501] * 8  # what stands behind knows no POST


def test_whoever_asks_for_no_host_is_told_nothing_of_the_portal(proxy: Proxy) -> None:
    status, headers, body = proxy.request("/", host="")
    assert status == 400
    assert HOST not in body
    assert {name: headers.get(name) for name in OWN_HEADERS} == OWN_HEADERS


def answer_to(proxy: Proxy, sent: bytes, *, port: int) -> bytes:
    """What comes back for `sent`, as it is, without TLS."""
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        plain.sendall(sent)
        answer = b""
        with suppress(ConnectionError):
            while part := plain.recv(65_536):
                answer += part
        return answer


FOREIGN = b"Host: evil.example\r\n\r\n"
OURS = f"Host: {HOST}\r\n\r\n".encode()
UNANSWERED = {
    "another host": b"GET / HTTP/1.1\r\n" + FOREIGN,
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "an empty host": b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
    "a host that is none": b"GET / HTTP/1.1\r\nHost: a b/\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: evil.example\r\n" + OURS,
    "HTTP of before hosts": b"GET / HTTP/1.0\r\n\r\n",
    "HTTP of before headers": b"GET /\r\n",
    "HTTP of tomorrow": b"GET / HTTP/9.9\r\n" + FOREIGN,
    "no HTTP": b"\x00\x01\x02junk\r\n\r\n",
    "a path out of the folder": b"GET /../../etc/passwd HTTP/1.1\r\n" + FOREIGN,
    "a URL that is too long": b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n" + FOREIGN,
    "a header that is too long": b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n" + FOREIGN,
    "a method for proxies": b"CONNECT evil.example:443 HTTP/1.1\r\n" + FOREIGN,
    "a method that shows": b"TRACE / HTTP/1.1\r\n" + FOREIGN,
    "an encoding that HTTP does not know": (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: unheard-of\r\n" + FOREIGN
    ),
}


@pytest.mark.parametrize("port", ["plain", "secure"])
@pytest.mark.parametrize("sent", UNANSWERED.values(), ids=UNANSWERED)
def test_what_asks_for_no_host_of_ours_gets_no_answer_without_tls(
    proxy: Proxy, port: str, sent: bytes
) -> None:
    assert answer_to(proxy, sent, port=getattr(proxy, port)) == b""


REDIRECTED = {
    "a page": b"GET /help/?q=1 HTTP/1.1\r\n",
    "what certbot does not know": b"GET /.well-known/acme-challenge/none HTTP/1.1\r\n",
    "certbot's folder": b"GET /.well-known/acme-challenge/ HTTP/1.1\r\n",
}


@pytest.mark.parametrize("port", ["plain", "secure"])
@pytest.mark.parametrize("sent", REDIRECTED.values(), ids=REDIRECTED)
def test_without_tls_our_host_redirects_with_the_portal_s_headers(
    proxy: Proxy, port: str, sent: bytes
) -> None:
    answer = answer_to(proxy, sent + b"Connection: close\r\n" + OURS, port=getattr(proxy, port))
    head = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:])
    path = sent.split()[1].decode()
    assert (head[0].split()[1], headers["location"]) == ("301", f"https://{HOST}{path}")
    expected = {name: value.lower() for name, value in OWN_HEADERS.items()}
    del expected["strict-transport-security"]  # counts over TLS alone
    assert {name: headers.get(name) for name in OWN_HEADERS} == {
        "strict-transport-security": None
    } | expected


BROKEN = {
    "two hosts": b"GET / HTTP/1.1\r\nHost: evil.example\r\n",
    "a method that shows": b"TRACE / HTTP/1.1\r\n",
    "a header that is too long": b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n",
    "a body that is too large": b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n",
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_on_the_old_port_what_is_broken_gets_no_answer_or_the_headers(
    proxy: Proxy, sent: bytes
) -> None:
    answer = answer_to(proxy, sent + b"Connection: close\r\n" + OURS, port=proxy.plain)
    assert answer == b"" or b"content-security-policy" in answer.lower()


def test_no_log_quotes_a_url(proxy: Proxy) -> None:
    """nginx quotes the whole request with what goes wrong: a link that sets a password is in it."""
    folder = Path(proxy.command[2]).parent
    loop = folder / "www" / ".well-known" / "acme-challenge" / "loop"
    loop.symlink_to(loop)
    bodies = folder / "client_body"
    bodies.rmdir()
    bodies.touch()  # no body that is too large for memory can be kept
    secret = "/reset/of-somebody/?q=typed"
    answers = [
        proxy.request(secret, body=b"x" * 100_000)[0],
        proxy.request(f"/.well-known/acme-challenge/loop?{secret}", secure=False)[0],
        proxy.request(f"/.well-known/acme-challenge/none?{secret}", secure=False)[0],
    ]
    bodies.unlink()
    bodies.mkdir()
    logs = {path.name: path.read_text() for path in [folder / "log", *folder.glob("*.log")]}
    assert answers[0] == 500
    assert [name for name, text in logs.items() if "reset" in text or "typed" in text] == []
    assert logs["benefits-portal.log"].count('"status":500') >= 1


@pytest.mark.rule("R11")
def test_no_log_of_nginx_holds_a_calendar_link(proxy: Proxy) -> None:
    folder, secret = Path(proxy.command[2]).parent, "5ec2e7" * 5 + "ff"
    before = (folder / "benefits-portal.log").read_text().count('"status":200')
    url = f"/calendar/{secret}.ics"
    answers = [
        proxy.request(url, Referer=f"https://{HOST}{url}")[0],
        proxy.request(url, secure=False)[0],
    ]
    logs = {path.name: path.read_text() for path in [folder / "log", *folder.glob("*.log")]}
    assert answers == [200, 301]
    assert logs["benefits-portal.log"].count('"status":200') == before + 1
    assert [name for name, text in logs.items() if secret in text] == []


def test_the_page_of_errors_is_none_of_its_own(proxy: Proxy) -> None:
    assert proxy.request("/own-answer")[0] == 404


@pytest.mark.parametrize("name", ["evil.example", None])
def test_another_name_gets_no_certificate_either(proxy: Proxy, name: str | None) -> None:
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", proxy.secure), 10) as plain,
        pytest.raises(ssl.SSLError),
    ):
        careless.wrap_socket(plain, server_hostname=name)


def test_the_handbook_makes_the_folder_where_certbot_answers() -> None:
    """certbot goes no step without it."""
    [folder] = re.findall(r"root (\S+);  # where certbot answers", CONFIGURATION)
    handbook = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    assert f"\nmkdir -p {folder}\ncertbot certonly --webroot -w {folder} -d " in handbook


def test_the_old_port_answers_certbot_and_sends_everybody_else_to_tls(proxy: Proxy) -> None:
    assert (
        proxy.request("/.well-known/acme-challenge/token", secure=False)[2] == "answer of certbot"
    )
    status, headers, _ = proxy.request("/help/?q=1", secure=False)
    assert (status, headers["location"]) == (301, f"https://{HOST}/help/?q=1")


def test_the_portal_gets_the_real_address_and_its_answer_stays_as_it_is(proxy: Proxy) -> None:
    status, headers, body = proxy.request(
        "/", X_Forwarded_For="6.6.6.6", X_Request_ID="of the client", X_Forwarded_Proto="http"
    )
    got = dict(re.findall(r"^([\w-]+): (.*)$", body, re.MULTILINE))
    assert (status, got["Host"], got["X-Forwarded-For"], got["X-Forwarded-Proto"]) == (
        200,
        HOST,
        "127.0.0.1",
        "https",
    )
    assert re.fullmatch(r"[0-9a-f]{32}", got["X-Request-ID"])
    assert (headers["content-security-policy"], headers["x-frame-options"]) == (
        "default-src 'self'",
        "DENY",
    )
    assert proxy.request("/none")[0] == 404
    assert "portal doesn't" not in proxy.request("/none")[2]


TOO_MUCH = "This is more than the portal accepts at once"
OWN = {
    "a body that is too large": ({"path": "/", "body": b"x" * 10_500_000}, 413, TOO_MUCH),
    "a URL that is too long": ({"path": "/?" + "x" * 40_000}, 414, TOO_MUCH),
    "a header that is too long": ({"path": "/", "Cookie": "x" * 40_000}, 431, TOO_MUCH),
    "a method that HTTP does not know": (
        {"path": "/", "Transfer_Encoding": "unheard-of"},
        501,
        "The portal is being restarted",
    ),
    "a path out of the folder": (
        {"path": "/../../etc/passwd"},
        400,
        "The portal doesn't understand this request",
    ),
}


@pytest.mark.parametrize(("request_", "status", "text"), OWN.values(), ids=OWN)
def test_what_nginx_answers_itself_has_the_portal_s_headers_and_no_version(
    proxy: Proxy, request_: dict[str, Any], status: int, text: str
) -> None:
    answer = proxy.request(**request_)
    assert answer[0] == status
    assert text in answer[2]
    assert "nginx" not in answer[2]
    assert {name: answer[1].get(name) for name in OWN_HEADERS} == OWN_HEADERS
    assert answer[1]["server"] == "nginx"


@pytest.mark.parametrize(
    ("headers", "title"),
    [
        ({}, "The portal is being restarted"),
        ({"Accept_Language": "de, nl;q=0.5"}, "The portal is being restarted"),
        ({"Accept_Language": "nl-BE, en;q=0.5"}, "Het portaal wordt opnieuw gestart"),
        (
            {"Accept_Language": "en", "Cookie": "a=b; __Host-django_language=nl; c=d"},
            "Het portaal wordt opnieuw gestart",
        ),
        (
            {"Accept_Language": "nl", "Cookie": "django_language=en"},
            "The portal is being restarted",
        ),
    ],
)
def test_a_portal_that_is_away_is_told_in_the_reader_s_language(
    alone: Proxy, headers: dict[str, Any], title: str
) -> None:
    status, found, body = alone.request("/", **headers)
    assert status == 503
    assert found["retry-after"] == "5"
    assert title in body
    assert {name: found.get(name) for name in OWN_HEADERS} == OWN_HEADERS


METRICS = ["/metrics", "/metrics?x=1", "//metrics", "/./metrics", "/%6detrics", "/x/../metrics"]


@pytest.mark.parametrize("path", METRICS)
def test_the_public_is_not_given_metrics(proxy: Proxy, path: str) -> None:
    """However they are asked for: the answer is that of nginx, which asks nobody."""
    status, headers, _body = proxy.request(path)
    assert (status, headers["content-security-policy"]) == (
        404,
        OWN_HEADERS["content-security-policy"],
    )


@pytest.mark.parametrize(("path", "status"), [("/metrics", b"200"), ("/", b"404")])
def test_on_its_own_port_only_metrics_are_asked_for(proxy: Proxy, path: str, status: bytes) -> None:
    sent = f"GET {path} HTTP/1.1\r\nX-Forwarded-For: 10.0.0.5\r\nConnection: close\r\n"
    answer = answer_to(proxy, sent.encode() + FOREIGN, port=proxy.metrics)
    assert answer.split()[1] == status
    passed_on = b"X-Forwarded-For: 127.0.0.1" in answer and f"Host: {HOST}".encode() in answer
    assert passed_on is (path == "/metrics")


def test_an_upgrade_compares_the_configuration_of_nginx() -> None:
    upgrade = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    upgrade = upgrade.split("\n## Upgrade", 1)[1].split("\n## ", 1)[0]
    assert "$folder/deploy/nginx.conf) /etc/nginx/conf.d/benefits-portal.conf\n" in upgrade
