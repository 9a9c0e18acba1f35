"""Files for their owner only, whole or not at all, and nothing else put out of its place."""

import os
import stat
import threading

from hipaa_tui.support.private_files import write_private


def test_a_file_is_replaced_whole_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("earlier")
    write_private(path, "later")
    assert path.read_text() == "later"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    """As root, a file put in the place of /dev/null takes it from the whole machine."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    received = []
    reader = threading.Thread(target=lambda: received.append(path.read_text()))
    reader.start()
    write_private(path, "a plan")
    reader.join(10)
    assert received == ["a plan"]
    assert stat.S_ISFIFO(path.stat().st_mode)
