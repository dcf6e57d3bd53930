"""The four lists in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import notice, task
from engine.query.titles import Title
from tests.engine.query.hospital import Hospital
from tests.web.browsing import Browser
from web.inbox import speech

SignIn = Callable[[str], Browser]


def test_what_waits_for_me_stands_in_my_list_with_step_number_and_process(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit(number="住A-1")

    page = sign_in("ann").get("/todo?text=住A-1").text

    assert f'href="/tasks/{hospital.task(case)}"' in page
    for word in ("办理入院", "住A-1", "住院", "未读"):
        assert word in page


def test_who_chooses_another_language_comes_back_to_the_list_and_is_not_told_again_what_is_over(
    hospital: Hospital, sign_in: SignIn
) -> None:
    done = hospital.do(hospital.admit(), "ann", title="发热")

    page = sign_in("ann").get(f"/todo?text=住&after_task={done}").text

    assert "已提交" in page
    assert 'name="next" value="/todo?text=%E4%BD%8F"' in page


def test_lists_are_kept_apart_by_person(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.admit())

    assert waiting in sign_in("abe").get("/todo").text
    assert waiting not in sign_in("eve").get("/todo").text


def test_done_and_started_lead_back_to_what_one_did_and_began(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit()
    done = hospital.do(case, "ann", title="发热")

    assert f'href="/tasks/{done}"' in sign_in("ann").get("/done").text
    assert f'href="/cases/{case}"' not in sign_in("ann").get("/started").text  # a nurse starts it and sees no case


def test_a_number_in_a_list_says_what_it_counts(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit(number="住A-2")
    hospital.do(case, "ann", title="发热", bed=0.25)

    page = sign_in("ann").get("/done?text=住A-2").text

    assert "<i>床位</i> 0.25" in page
    assert "<i>事由</i>" not in page


def test_a_notice_leads_to_its_case_and_is_read_then(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    with hospital.write("mia") as command:
        notice.send(command, ["dan"], "copy", case, text="<img onerror=x>请阅")
    dan = sign_in("dan")
    page = dan.get("/notices").text
    assert "&lt;img onerror=x&gt;请阅" in page

    link = page.split('href="/notices/')[1].split('"')[0]
    assert dan.get(f"/notices/{link}").location == f"/cases/{case}"
    assert dan.json("/counts").json["inbox.notices"] == 0  # type: ignore[index]


def test_equal_notices_say_what_each_is_about_to_who_may_see_it(hospital: Hospital, sign_in: SignIn) -> None:
    cases = [hospital.examined(title=title, bed=bed) for title, bed in (("扭伤", 7), ("骨折", 8))]
    with hospital.write("mia") as command:
        for case in cases:
            notice.send(command, ["dan", "abe"], "note", case, text="检查已安排。")

    rows = [row for row in sign_in("dan").get("/notices").text.split("<tr")[1:] if "检查已安排。" in row]
    assert [("扭伤" in row, "<i>床位</i> 7" in row) for row in rows] == [(False, False), (True, True)]
    told = sign_in("abe").get("/notices").text  # he is told, and sees no case
    assert ("检查已安排。" in told, "扭伤" in told) == (True, False)


def test_a_case_without_a_number_is_known_by_the_first_of_its_columns_that_has_a_figure() -> None:
    meeting = {"title": "碰头会", "meetingId": "HY-2026-01-003", "chair": Title("王一", None)}
    assert speech.numbered(None, meeting) == (
        "HY-2026-01-003",
        {"title": "碰头会", "chair": Title("王一", None)},
    )
    assert speech.numbered("住7", meeting) == ("住7", meeting)


def test_a_reminder_leads_straight_to_the_task(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    with hospital.write("mia") as command:
        task.remind(command, hospital.task(case), "请抓紧")
    dan = sign_in("dan")

    link = dan.get("/notices").text.split('href="/notices/')[1].split('"')[0]

    assert dan.get(f"/notices/{link}").location == f"/tasks/{hospital.task(case)}"


def test_a_note_about_a_case_that_one_may_not_see_says_that_it_is_all(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    with hospital.write("mia") as command:
        notice.send(command, ["ann"], "note", case, text="请备床")
    ann = sign_in("ann")  # a nurse is told, and sees no case

    link = ann.get("/notices").text.split('href="/notices/')[1].split('"')[0]

    assert ann.get(f"/notices/{link}").location == "/notices"
    assert "本事项对您公开的内容仅此一条" in ann.get("/notices").text
    assert ann.json("/counts").json["inbox.notices"] == 0  # type: ignore[index]


def test_everything_for_information_can_be_read_at_once(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    with hospital.write("mia") as command:
        notice.send(command, ["dan"], "copy", case)
    dan = sign_in("dan")
    assert dan.json("/counts").json["inbox.notices"] > 0  # type: ignore[index]

    assert dan.post("/notices/read").status_code == 303

    assert dan.json("/counts").json["inbox.notices"] == 0  # type: ignore[index]


def test_a_long_list_leads_on_to_its_next_page(hospital: Hospital, sign_in: SignIn) -> None:
    for _ in range(52):
        hospital.admit(number="住B")
    abe = sign_in("abe")

    first = abe.get("/todo?text=住B").text
    later = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = abe.get(later).text

    assert first.count('class="row-title"') == 50
    assert second.count('class="row-title"') == 2
    assert "text=" in later


@pytest.mark.parametrize(
    "query",
    [
        "after=%00",
        "text=%00",
        "process=%00",
        "after=W10",
        "order=x&process=%27",
        "text=%25",
        "overdue=yes&drafted=yes",
    ],
)
def test_no_address_breaks_a_list(sign_in: SignIn, query: str) -> None:
    for path in ("/todo", "/done", "/started", "/notices"):
        assert sign_in("ann").get(f"{path}?{query}").status_code == 200


def test_an_empty_list_says_what_comes_there(sign_in: SignIn) -> None:
    eve = sign_in("eve")

    assert "没有待办任务" in eve.get("/todo").text
    assert "没有符合条件的内容" in eve.get("/todo?overdue=yes").text
    assert "本列表中没有显示“低热”的条目" in eve.get("/todo?text=低热").text


def test_every_list_is_searched_by_what_its_rows_say_and_says_what_it_was_searched_for(
    hospital: Hospital, sign_in: SignIn
) -> None:
    case = hospital.admit(number="住A-2")
    hospital.do(case, "ann", title="反复低热", bed=7)
    with hospital.write("dan") as command:
        task.copy(command, hospital.task(case), ["mia"], "请阅：低热原因")
    ann, dan, mia = (sign_in(who) for who in ("ann", "dan", "mia"))

    for browser, list_, texts in (
        (dan, "todo", ("低热", "住A-2 检查", "住A-2 examine", "住A-2 7")),
        (ann, "done", ("低热", "住A-2 办理入院", "住A-2 admit")),
        (mia, "notices", ("低热原因", "住A-2 丹青")),
    ):
        for text in texts:
            page = browser.get(f"/{list_}?text={text}").text
            assert "住A-2" in page.partition("<tbody>")[2], (list_, text)
            assert f'value="{text}"' in page
        assert "本列表中没有显示“疟疾”的条目" in browser.get(f"/{list_}?text=疟疾").text
    many = dan.get("/todo?text=a b c d e f g h i")
    assert many.status_code == 422
    assert "一次最多查找 8 个词" in many.text
