from __future__ import annotations

import pytest

from app.access import AccessDenied, Identity, Permission, Role, require

# The table of docs/architecture.md, written down a second time on purpose.
ALLOWED = {
    "read_pages": "merchandiser fraud_analyst manager admin",
    "decide_commerce": "merchandiser admin",
    "train_commerce": "merchandiser admin",
    "promote_commerce": "merchandiser admin",
    "see_personal_fraud": "fraud_analyst",
    "decide_fraud": "fraud_analyst",
    "train_fraud": "fraud_analyst admin",
    "promote_fraud": "fraud_analyst admin",
    "set_fraud_thresholds": "fraud_analyst manager admin",
    "set_targets": "manager admin",
    "manage_users": "admin",
    "manage_keys": "admin",
    "manage_schedules": "admin",
    "manage_settings": "admin",
    "manage_data": "admin",
    "manage_models": "admin",
    "manage_jobs": "admin",
    "read_audit": "admin",
    "read_metrics": "admin",
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_each_role_may_what_the_table_says_and_no_more(role: Role, permission: Permission):
    somebody = Identity(name="ada", role=role)
    if role.value in ALLOWED[permission.value].split():
        require(somebody, permission)
        return
    with pytest.raises(AccessDenied) as denied:
        require(somebody, permission)
    assert role.label in str(denied.value)
    assert denied.value.remedy


def test_a_refusal_names_the_roles_that_may():
    with pytest.raises(AccessDenied) as denied:
        require(Identity(name="ada", role=Role.manager), Permission.decide_fraud)
    assert denied.value.remedy == "Ask one of these roles: fraud analyst."


def test_nobody_may_anything_before_changing_the_one_time_password():
    fresh = Identity(name="admin", role=Role.admin, must_change_password=True)
    for permission in Permission:
        assert not fresh.may(permission)
    with pytest.raises(AccessDenied, match="one-time password"):
        require(fresh, Permission.read_pages)
