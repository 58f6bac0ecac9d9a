from app.web.paging import Page


def test_a_page_knows_its_place():
    page = Page(items=list(range(25)), number=2, size=25, total=60)
    assert (page.first, page.last, page.pages) == (26, 50, 3)


def test_an_empty_list_has_one_empty_page():
    page = Page(items=[], number=1, size=25, total=0)
    assert (page.first, page.last, page.pages) == (0, 0, 1)


def test_far_pages_leave_a_gap():
    assert Page(items=[1], number=7, size=1, total=20).numbers() == [1, None, 6, 7, 8, None, 20]
