"""Signed requests go over TLS, or to this machine; a plain http address elsewhere is refused before anything is sent."""

import pytest

from hipaa_tui.aws.cloud import connect
from hipaa_tui.cli.main import run
from hipaa_tui.providers.model import Call
from hipaa_tui.support.errors import InputError
from tests.aws.server import REGION

ELSEWHERE = "http://10.0.0.5:4566"
LIST = Call("aws", "s3", "ListBuckets", {}, REGION)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_KMS"])
@pytest.mark.parametrize(
    "url",
    [ELSEWHERE, "http://localhost.example.org", "http://127.0.0.1.example.org", "HTTP://moto:5000", "ftp://127.0.0.1", "moto:5000"],
)  # fmt: skip
def test_plain_http_to_another_machine_is_refused(monkeypatch, name, url):
    monkeypatch.setenv(name, url)
    with pytest.raises(
        InputError, match=f"^{name} is {url}: .* https, and over plain http to this machine only"
    ):
        connect()


@pytest.mark.parametrize(
    "url",
    ["", "https://vpce-1.s3.us-east-1.vpce.amazonaws.com", "http://127.0.0.1:5000", "http://127.8.9.1", "http://[::1]:80", "http://localhost:4566"],
)  # fmt: skip
def test_https_and_this_machine_are_accepted(monkeypatch, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
    connect()


def test_a_profile_that_names_such_an_endpoint_is_refused_when_it_is_used(aws, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text(f"[profile lab]\nregion = {REGION}\nendpoint_url = {ELSEWHERE}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(InputError, match=f"the endpoint of s3 is {ELSEWHERE}"):
        connect(profile="lab").call(LIST)


def test_endpoints_that_the_sdk_is_told_to_ignore_are_not_asked_about(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", ELSEWHERE)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    connect()


def test_the_command_line_says_it_in_one_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", ELSEWHERE)
    assert run(["scan", "--provider", "aws"]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "AWS_ENDPOINT_URL_STS" in said.err
