from __future__ import annotations

import pytest

from app.access.own_password import change_own_password
from app.access.passwords import (
    WeakPassword,
    hash_password,
    one_time_password,
    require_strong,
    verify_password,
)
from app.access.roles import SessionEnded
from tests.app.access.test_logins import HOUR, PASSWORD, add, enter


def test_a_hash_is_argon2id_salted_and_fits_only_its_password():
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first.startswith("$argon2id$")
    assert first != second
    assert verify_password(first, PASSWORD)
    assert not verify_password(first, PASSWORD + " ")
    assert not verify_password(None, PASSWORD)
    assert not verify_password("not a hash", PASSWORD)


def test_what_looks_the_same_is_the_same_however_it_was_typed():
    composed, combined = "zo\u00eb likes tea a lot", "zoe\u0308 likes tea a lot"
    assert verify_password(hash_password(composed), combined)


@pytest.mark.parametrize(
    "password", ["", "short", "a" * 20, "abababababab", "ada ada ada ada", "x" * 201]
)
def test_what_can_be_guessed_is_refused_with_a_remedy(password: str):
    with pytest.raises(WeakPassword) as weak:
        require_strong(password, name="ada")
    assert weak.value.remedy


def test_one_time_passwords_are_strong_and_never_the_same():
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        require_strong(password, name="admin")


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(state):
    from app.access import identity_from_token, log_in

    add(state, "ada")
    here, there = (
        log_in(state, name="ada", password=PASSWORD, address="::1", lasts=HOUR) for _ in range(2)
    )
    change_own_password(
        state, here.identity, current=PASSWORD, new="eight blue kettles", address="::1"
    )
    identity_from_token(state, here.token)
    with pytest.raises(SessionEnded):
        identity_from_token(state, there.token)
    enter(state, password="eight blue kettles")


def test_the_old_password_cannot_be_guessed_from_an_open_page(state):
    from app.access import LoginRefused

    add(state, "ada")
    login = enter(state)
    for _ in range(5):
        with pytest.raises(WeakPassword, match="wrong"):
            change_own_password(
                state, login.identity, current="guess", new="eight blue kettles", address="::1"
            )
    with pytest.raises(LoginRefused):
        change_own_password(
            state, login.identity, current=PASSWORD, new="eight blue kettles", address="::1"
        )


def test_real_hashes_cost_an_attacker_memory():
    from argon2 import PasswordHasher, extract_parameters

    shipped = extract_parameters(PasswordHasher().hash(PASSWORD))
    assert shipped.memory_cost >= 64 * 1024  # KiB
