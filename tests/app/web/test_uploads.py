"""Who may upload what: into one's own page, with a role that has a field for files, at a size."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from app.ui import uploaded
from app.web.uploads import FOLDER, LARGEST_MB
from tests.app.web.running import Page, Running

MB = 2**20


def number_of(page: Page) -> str:
    """What the server calls an open page."""
    page.connection.send(BackMsg(rerun_script={}).SerializeToString())
    while True:
        message = page.receive()
        if message.WhichOneof("type") == "new_session":
            return str(message.new_session.initialize.session_id)


def from_its_own_page(desk: Running, token: str | None) -> httpx.Client:
    """A browser with the sign by which Streamlit tells its own page's requests."""
    with desk.client() as client:
        sign = client.get("/_stcore/health").cookies["_streamlit_xsrf"]
    client = desk.client(token, **{"Origin": desk.base, "X-Xsrftoken": sign})
    client.headers["Cookie"] = "; ".join(
        part for part in (client.headers.get("Cookie"), f"_streamlit_xsrf={sign}") if part
    )
    return client


def put(desk: Running, token: str | None, page: str, data: bytes | Iterator[bytes]) -> int:
    boundary = "----file"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\n'
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()

    def streamed() -> Iterator[bytes]:
        yield head
        yield from data  # type: ignore[misc]
        yield tail

    with from_its_own_page(desk, token) as client:
        client.headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        body = head + data + tail if isinstance(data, bytes) else streamed()
        try:
            answer = client.put(f"{FOLDER}/{page}/one", content=body)
        except httpx.TransportError:  # it was closed while we still wrote
            return 413
    return answer.status_code


def test_a_file_goes_into_one_s_own_page_and_can_be_taken_back(demo: Running):
    token = demo.enter("merchandiser")
    with demo.page(token) as page:
        number = number_of(page)
        assert put(demo, token, number, b"day,a\n") == 204
        with from_its_own_page(demo, token) as client:
            assert client.delete(f"{FOLDER}/{number}/one").status_code == 204


def test_a_page_of_somebody_else_or_of_nobody_takes_no_file(demo: Running):
    token, other = demo.enter("merchandiser"), demo.enter("admin")
    with demo.page(token) as page:
        number = number_of(page)
        assert put(demo, other, number, b"x") == 403
        assert put(demo, None, number, b"x") == 401
        with from_its_own_page(demo, other) as client:
            assert client.delete(f"{FOLDER}/{number}/one").status_code == 403
    for nobody in ("invented", "", "a/b"):
        assert put(demo, token, nobody, b"x") == 403


@pytest.mark.parametrize("role", ["fraud_analyst", "manager"])
def test_a_role_without_a_field_for_files_uploads_nothing(demo: Running, role: str):
    token = demo.enter(role)
    with demo.page(token) as page:
        assert put(demo, token, number_of(page), b"x") == 403


def test_a_file_beyond_its_size_is_refused_by_its_length_and_while_it_streams(demo: Running):
    token = demo.enter("merchandiser")
    with demo.page(token) as page:
        number = number_of(page)
        assert put(demo, token, number, bytes((LARGEST_MB + 1) * MB)) == 413
        assert put(demo, token, number, (bytes(MB) for _ in range(LARGEST_MB * 10))) == 413
        assert put(demo, token, number, bytes((LARGEST_MB - 1) * MB)) == 204


def test_a_page_holds_few_files_and_all_pages_together_not_too_much(
    monkeypatch: pytest.MonkeyPatch,
):
    manager = MemoryUploadedFileManager(FOLDER)
    monkeypatch.setattr(
        uploaded,
        "Runtime",
        SimpleNamespace(instance=lambda: SimpleNamespace(uploaded_file_mgr=manager)),
    )
    for number in range(6):
        assert uploaded.make_room("mine")
        manager.add_file("mine", UploadedFileRec(str(number), "a.csv", "text/csv", bytes(MB)))
    assert list(manager.file_storage["mine"]) == ["4", "5"]
    monkeypatch.setattr(uploaded, "MOST_BYTES", 2 * MB)
    assert not uploaded.make_room("of somebody else")
    manager.remove_file("mine", "4")
    assert uploaded.make_room("of somebody else")
