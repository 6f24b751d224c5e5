"""E-mail addresses, said and written."""

import pytest

from voice.conversation.emails import find_email


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("maria dot lopez at gmail dot com", "maria.lopez@gmail.com"),
        ("m a r i a at yahoo dot com", "maria@yahoo.com"),
        ("my email is maria underscore lopez eighty two at hotmail dot com", "maria_lopez82@hotmail.com"),
        ("sure, it's Bob@Example.com", "bob@example.com"),
        ("it's j smith nineteen eighty two at g mail dot com", "jsmith1982@gmail.com"),
        ("peter dash walker at outlook dot com please", "peter-walker@outlook.com"),
        ("M as in Mary, A, R, K at icloud dot com", "mark@icloud.com"),
        ("that's john dot smith, s m y t h, at gmail.com", "john.smyth@gmail.com"),
        ("info at ottos auto dot co dot uk", "info@ottosauto.co.uk"),
        ("bob at at and t dot net", "bob@att.net"),
        ("susan oh seven at a o l dot com", "susan07@aol.com"),
        ("it's all lowercase, ann lee, no spaces, at gmail dot com", "annlee@gmail.com"),
        ("double l cool at me dot com", "llcool@me.com"),
        ("w miller two thousand five at verizon dot net", "wmiller2005@verizon.net"),
        ("kate plus cars at proton mail dot com", "kate+cars@protonmail.com"),
        ("you can reach me at luis.lopez at gmail.com", "luis.lopez@gmail.com"),
        ("it's maria at lopez dash brothers dot com", "maria@lopez-brothers.com"),
        ("J as in John, lopez, at gmail dot com", "jlopez@gmail.com"),
        ("my email's ana ruiz one at aol dot com", "anaruiz1@aol.com"),
        ("send the invoice to service at my shop dot biz", "service@myshop.biz"),
        ("maria.lopez at gmail dot calm", "maria.lopez@gmail.com"),
        ("t.walker99 at comcast.net, thanks", "t.walker99@comcast.net"),
    ],
)
def test_addresses_are_put_together(said: str, expected: str) -> None:
    assert find_email(said) == expected


@pytest.mark.parametrize(
    "said", ["I'll be at work at ten", "I'm at home", "maria at gmail", "", "meet me at the store"]
)
def test_what_has_no_domain_is_no_address(said: str) -> None:
    assert find_email(said) is None
