"""Numbers by which a person can be reached or recognised are starred out; numbers of the trade stay."""

from __future__ import annotations

import pytest

from assistant.desk.masking import masked, masked_contact


@pytest.mark.parametrize("text, secret", [
    ("打我电话13812345678", "13812345678"), ("138 1234 5678", "138 1234 5678"), ("138-1234-5678 微信同号", "1234-5678"),
    ("身份证110101199003078515", "110101199003078515"), ("11010119900307803X", "19900307803X"),
    ("座机0510-8888 1234", "8888 1234"), ("+86 510 8888 1234", "8888 1234"), ("call +1 415 555 2671", "555 2671"),
    ("邮箱 li.wei@example.com.cn", "li.wei"), ("手机:13812345678,另一个13987654321", "13987654321"),
])
def test_personal_numbers_are_starred(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert "*" in masked(text)


@pytest.mark.parametrize("text", [
    "HS 8507600090 出口德国", "8507.60.00.90", "GB 31241-2022 和 IEC 62133-2:2017", "Regulation (EU) 2023/1542, 18 February 2027",
    "苏发改资环发〔2024〕219号", "1,696 家企业, 72.52 亿元", "条码 6901234567892", "3.7V 20000mAh 74Wh", "2026-11-22 13:52:01",
    "110101199003070000 不是证件号", "EN 60335-2-24:2022+A11", "CN 85076000", "12345678901234567890",
])
def test_numbers_of_the_trade_stay(text: str) -> None:
    assert masked(text) == text


def test_masking_twice_changes_nothing_more() -> None:
    once = masked("电话13812345678 邮箱 a.b@example.com")
    assert masked(once) == once


@pytest.mark.parametrize("contact", ["13812345678", "微信 lihua88", "li.wei@example.com", "0510-88881234"])
def test_a_contact_is_never_shown_whole(contact: str) -> None:
    assert masked_contact(contact) != contact
    assert "*" in masked_contact(contact)


def test_no_contact_is_no_stars() -> None:
    assert masked_contact("") == ""
