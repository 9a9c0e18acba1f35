"""Redaction's time grows with the text's length, whatever a stranger repeats in it.

For each piece that a pattern could stumble over: seconds of CPU for an eighth of a megabyte and for a megabyte,
and their ratio. 8 is linear; goal: at most 16, which leaves room for the machine's noise.
"""

from __future__ import annotations

import time

from hipaa_tui.support.redaction import redact

SMALL, LARGE = 125_000, 1_000_000
PIECES = (
    "password=", "token=arn:aws:", 'a="', 'token=\\"', "token='arn:aws: ", "token: ", "a:b@://", "://", "\\",
    "eyJa.", "-----BEGIN PRIVATE KEY-----", "basic abcdefgh ", "bearer ", "AKIA", "sig=", '\\"', "A", "a b ",
    "key=https://x/", "[redacted: ", '{"password":', "xoxb-", "[", '"[', "secret key is ", "password=,", ",})]. ",
    "sk-ant-", "hvs.", "glpat-", "a.atlasv1.", "hooks.slack.com/services/", "LS0tLS1CRUdJTi", "password is ", "the password is a ",
    "password for x ", "--password ", "machine a login ", "default login a password ", "db:5432:a:b:", "*:*:*:*:", "123-45-6789 ",
    "123-45-", "ssn ", "order 123-45-6789", "set to ",
)  # fmt: skip


def seconds(piece: str, size: int) -> float:
    text = piece * (size // len(piece))
    started = time.process_time()
    redact(text)
    return time.process_time() - started


def main() -> None:
    print(f"{'piece':32} {'1/8 MB':>9} {'1 MB':>9} {'ratio':>7}")
    ratios = []
    for piece in PIECES:
        small, large = seconds(piece, SMALL), seconds(piece, LARGE)
        ratios.append(large / max(small, 1e-4))
        print(f"{piece!r:32} {small:8.3f}s {large:8.3f}s {ratios[-1]:6.1f}x")
    print(f"largest ratio {max(ratios):.1f} x (8 is linear; goal: at most 16)")


if __name__ == "__main__":
    main()
