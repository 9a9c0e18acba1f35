"""Arguments of a distribution's block as Terraform."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.patches import arguments_of, edit


@pytest.mark.parametrize(
    ("id", "before", "value", "says"),
    [
        (
            "aws.cloudfront.viewer-protocol",
            None,
            {
                "Default": "https-only",
                "Behaviors": [{"PathPattern": "/*", "ViewerProtocolPolicy": "https-only"}],
            },
            "viewer_protocol_policy",
        ),
        ("aws.cloudfront.root-object", None, {"DefaultRootObject": "index.html"}, "default_root_object"),
    ],
    ids=lambda one: str(one)[:24],
)
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str, before: Any, value: Any, says: str) -> None:
    assert says in arguments_of(edit(id, value, before))
