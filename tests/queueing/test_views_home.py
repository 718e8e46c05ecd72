from offices.models import Role
from tests.factories import Branch, PostingFactory, StaffFactory


def test_home_asks_a_stranger_to_log_in(client, db):
    answer = client.get("/")

    assert (answer.status_code, answer.url) == (302, "/login/")


def test_home_shows_each_role_its_screens(client, branch: Branch):
    code = branch.office.code
    client.force_login(branch.officer(Role.GREETER))

    screens = client.get("/").context["screens"]

    assert [screen.url for screen in screens] == [
        f"/greeter/{code}/",
        f"/board/{code}/",
    ]


def test_home_shows_a_region_all_its_branches(client, branch: Branch):
    other = Branch(name="Kantor Cabang Cikarang")
    posting = PostingFactory(office=branch.office.parent, role=Role.REGIONAL_VALIDATOR)
    client.force_login(posting.staff)

    screens = client.get("/").context["screens"]

    assert [screen.office for screen in screens] == [branch.office, other.office]


def test_home_tells_somebody_without_posting_whom_to_ask(client, db):
    client.force_login(StaffFactory())

    answer = client.get("/")

    assert answer.context["screens"] == []
    assert answer.status_code == 200


def test_home_of_a_demonstration_offers_its_people_by_role(client, demo, db):
    branch = Branch(is_demo=True)
    head = PostingFactory(office=branch.office, role=Role.BRANCH_HEAD)
    officer = PostingFactory(office=branch.office, role=Role.CSO)
    PostingFactory(office=branch.office.parent, role=Role.REGIONAL_VALIDATOR)
    Branch()  # a real branch is not offered, nor is the region that it shares

    answer = client.get("/")

    assert answer.context["demo_branches"] == [(branch.office, [officer, head])]


def test_home_shows_an_administrator_the_way_to_the_reference_data(client, branch):
    head = branch.office.parent.parent
    posting = PostingFactory(office=head, role=Role.ADMINISTRATOR)
    client.force_login(posting.staff)

    assert 'href="/admin/"' in client.get("/").content.decode()
    client.force_login(branch.officer())
    assert 'href="/admin/"' not in client.get("/").content.decode()


def test_home_has_one_heading_whoever_looks(client, demo, branch):
    Branch(is_demo=True)

    stranger = client.get("/").text
    client.force_login(branch.officer())
    officer = client.get("/").text

    assert [stranger.count("<h1"), officer.count("<h1")] == [1, 1]
