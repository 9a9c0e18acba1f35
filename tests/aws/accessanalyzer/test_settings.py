"""Analyzers of external access are told from those of unused access."""

from __future__ import annotations

from tests.aws.guards import do
from tests.aws.runs import finds


def test_an_analyzer_of_unused_access_is_none_of_external_access(aws):
    """Access Analyzer is an addition of ours to moto."""
    unused = {"unusedAccess": {"unusedAccessAge": 90}}
    made = {"analyzerName": "unused", "type": "ACCOUNT_UNUSED_ACCESS", "configuration": unused}
    do(aws, "accessanalyzer", "CreateAnalyzer", **made)
    assert finds(aws, "aws.accessanalyzer.enabled")
    do(aws, "accessanalyzer", "CreateAnalyzer", analyzerName="theirs", type="ACCOUNT")
    assert not finds(aws, "aws.accessanalyzer.enabled")
