"""What the cycle's page says of a higher limit: measured, assumed and used, each where it is."""

import re
from dataclasses import replace

import pytest

from tests.golden.html_pages import Page
from tests.golden.report_samples import full_report
from tests.pages_in_browser import OVERLAPS, opened
from tidegate.adapters.cycle_report_model import Interval
from tidegate.adapters.cycle_report_response import (
    AssumedResponse,
    DoseStep,
    LimitResponseTold,
    MeasuredResponse,
    ResponseUsed,
)
from tidegate.adapters.report_page import render
from tidegate.adapters.response_plot import response_plot
from tidegate.adapters.response_wording import response_sentence

FEW = "15 of 1,905 limits drawn at random were followed by a default; the policy asks for 100"
MEASURED = MeasuredResponse(
    version="1",
    changes=1_905,
    customers=1_822,
    defaults=15,
    balance=Interval(0.271, 0.221, 0.321),
    default=None,
    default_absent=FEW,
    steps=(
        DoseStep(-0.2231, 860, Interval(-0.066, -0.086, -0.046)),
        DoseStep(0.2231, 480, Interval(0.055, 0.027, 0.083)),
        DoseStep(0.47, 565, Interval(0.13, 0.1, 0.16)),
    ),
)
USED = ResponseUsed("1", 0.271, 0.25, default_registered=False)
TOLD = LimitResponseTold(MEASURED, "", USED, AssumedResponse(0.5, 0.25))
NONE = LimitResponseTold(
    None,
    "the lake has no limit_changes",
    ResponseUsed("", 0.5, 0.25, default_registered=False),
    AssumedResponse(0.5, 0.25),
)


def page(told: LimitResponseTold | None) -> str:
    return render(replace(full_report(), limit_response=told)).decode()


def cells(html: str, name: str) -> list[str]:
    (row,) = re.findall(rf"<tr><th scope=\"row\">{name}</th>.*", html)
    return re.findall(r">([^<>]+)<", row)


def test_measured_assumed_and_used_stand_side_by_side():
    html = page(TOLD)
    assert cells(html, "Balance, log") == [
        *("Balance, log", "0.2710", "0.2210 to 0.3210", "0.5000", "0.2710"),
    ]
    assert cells(html, "Default, log odds") == ["Default, log odds", "not told", "0.2500", "0.2500"]
    assert response_sentence(TOLD) in html.replace("&#39;", "'")
    assert len(set(Page(html).ids)) == len(Page(html).ids)
    assert page(TOLD) == html


def test_the_sentence_says_what_decided_and_by_what_it_is_known():
    assert response_sentence(TOLD) == (
        "1,905 limits of 1,822 customers were drawn at random and have their months behind them: a "
        "limit higher by 10% raised the balance by 2.6%. Of default nothing is told: "
        f"{FEW}. Decisions took the balance of limit response version 1, and the policy's "
        "assumption of default; the policy assumes 4.9% more balance and 2.4% higher odds of "
        "default for a limit higher by 10%."
    )
    whole = replace(MEASURED, default=Interval(0.9, 0.5, 1.3), default_absent="", defaults=240)
    used = ResponseUsed("1", 0.271, 0.9, default_registered=True)
    said = response_sentence(replace(TOLD, measured=whole, used=used))
    assert "The odds of default rose by 9.0%; 240 of these limits were followed" in said
    assert "Decisions took the balance of limit response version 1; the policy" in said


def test_without_a_measurement_it_says_why_and_what_decided():
    html = page(NONE)
    assert "The lake has no limit_changes. Decisions took what the policy assumes" in html
    assert "response-plot" not in html
    assert cells(html, "Balance, log") == ["Balance, log", "0.5000", "0.5000"]


def test_a_measurement_that_no_certificate_vouches_for_is_shown_as_not_used():
    said = response_sentence(replace(TOLD, used=NONE.used))
    assert said.endswith("10%: the champion's certificate vouches for no response.")
    before_any = replace(TOLD, used=None, assumed=None)
    assert "Decisions" not in response_sentence(before_any)
    html = page(before_any)
    assert cells(html, "Balance, log")[-1] == "0.2210 to 0.3210"
    assert "Policy assumes" not in html


def test_a_cycle_of_before_there_were_responses_says_nothing():
    assert "What a higher limit does" not in page(None)


def test_what_was_used_stands_beside_what_the_policy_assumes():
    with pytest.raises(ValueError, match="stands beside"):
        LimitResponseTold(MEASURED, "", USED, None)


def test_the_picture_has_each_step_where_it_was_seen():
    chart = str(response_plot(TOLD).chart)
    across = [float(x) for x in re.findall(r'<circle class="challenger" cx="([\d.]+)%"', chart)]
    down = [
        float(y)
        for y in re.findall(r'<circle class="challenger" cx="[\d.]+%" cy="([\d.]+)"', chart)
    ]
    assert across == sorted(across)
    assert down == sorted(down, reverse=True)
    zero = float(re.search(r'<line class="zero" x1="([\d.]+)%" y1="16"', chart)[1])
    assert across[0] < zero < across[1]
    # in proportion to the dose, on a scale from -0.2231 to 0.47 with room at its ends
    assert (across[2] - zero) / (across[1] - zero) == pytest.approx(0.47 / 0.2231, rel=1e-3)
    assert [chart.count(text) for text in ("× 0.80", "× 1.25", "× 1.60", ">860<")] == [1] * 4
    assert "limit times 1.25: balance +5.7%, 480 changes" in chart
    slopes = [
        tuple(map(float, found))
        for found in re.findall(
            r'<line class="bounds (?:champion|challenger)" x1="0%" y1="([\d.]+)" x2="100%" '
            r'y2="([\d.]+)"',
            chart,
        )
    ]
    (assumed, measured) = slopes  # the assumption is steeper
    assert assumed[0] > measured[0] > measured[1] > assumed[1]


@pytest.mark.browser
def test_it_fits_a_phone(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_bytes(page(TOLD).encode())
    shown, said = opened(browser, path, 320)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320
    assert shown.evaluate(OVERLAPS) == []
    assert said == []
    shown.close()
