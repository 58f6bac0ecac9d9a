"""Built files are served under hashed names, packed and for ever; nothing else in the folder is."""

import gzip
import json

import pytest

from app.web import assets


@pytest.fixture
def built(tmp_path, monkeypatch):
    (tmp_path / "app.abc123.css").write_text("body{}")
    (tmp_path / "app.abc123.css.gz").write_bytes(gzip.compress(b"body{}"))
    (tmp_path / "manifest.json").write_text(json.dumps({"app.css": "app.abc123.css"}))
    (tmp_path / "icons.json").write_text(json.dumps({"inbox": '<path d="M0 0"/>'}))
    monkeypatch.setattr(assets, "BUILD", tmp_path)
    return tmp_path


def test_pages_name_the_hashed_file(app, built):
    assert '/assets/app.abc123.css"' in app.test_client().get("/setup").text


def test_a_file_is_served_packed_and_never_asked_for_again(app, built):
    with app.test_client() as client:
        with client.get("/assets/app.abc123.css", headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.mimetype == "text/css"
            assert gzip.decompress(answer.data) == b"body{}"
            assert "immutable" in answer.headers["Cache-Control"]
        with client.get("/assets/app.abc123.css") as plain:
            assert plain.data == b"body{}"


@pytest.mark.parametrize("name", ["manifest.json", "icons.json", "../rights.py", "app.css", "..%2fsecrets"])
def test_nothing_else_in_the_folder_is_served(app, built, name):
    assert app.test_client().get(f"/assets/{name}").status_code == 404


def test_an_icon_is_drawn_inline_and_hidden_from_screen_readers(app, built):
    with app.app_context():
        assert 'aria-hidden="true"><path d="M0 0"/></svg>' in assets.icon("inbox")
        assert "<path" not in assets.icon("unknown")


def test_each_icon_of_the_build_is_one_path_so_that_pages_stay_small():
    drawings = json.loads((assets.BUILD / "icons.json").read_text("utf-8"))
    assert drawings["inbox"].startswith('<path d="M')
    assert {name for name, drawing in drawings.items() if drawing.count("<") != 1} == set()


def test_pages_work_before_the_assets_are_built(app, tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "BUILD", tmp_path / "nothing")
    assert assets.missing()
    assert app.test_client().get("/setup").status_code == 200


def test_a_running_server_follows_a_new_build(app, built):
    assert '/assets/app.abc123.css"' in app.test_client().get("/setup").text
    (built / "manifest.json").write_text(json.dumps({"app.css": "app.def456.css"}))
    assert '/assets/app.def456.css"' in app.test_client().get("/setup").text
