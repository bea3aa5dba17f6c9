"""Rows of policies. Append-only: the newest row of a machine and flow holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from console.domain.policies import Flow, Mode, Policy
from console.store.schema import policies


def _policy(r: Row[Any]) -> Policy:
    return Policy(r.machine, Flow(r.flow), Mode(r.mode), r.tolerance_percent, r.person, r.reason, r.at)


def policy(tx: Connection, machine: str, flow: Flow) -> Policy:
    """What holds for a flow of a machine; a person confirms where nobody set anything."""
    r = tx.execute(
        select(policies)
        .where(policies.c.machine == machine, policies.c.flow == flow.value)
        .order_by(policies.c.id.desc())
        .limit(1)
    ).first()
    return _policy(r) if r else Policy(machine, flow)


def all_policies(tx: Connection) -> dict[tuple[str, Flow], Policy]:
    """What people set, by machine and flow; what nobody set is not among them."""
    newest = select(func.max(policies.c.id)).group_by(policies.c.machine, policies.c.flow)
    rows = tx.execute(select(policies).where(policies.c.id.in_(newest)))
    return {(r.machine, Flow(r.flow)): _policy(r) for r in rows}


def add(tx: Connection, policy: Policy) -> int:
    """Sets a policy."""
    result = tx.execute(
        insert(policies).values(
            machine=policy.machine,
            flow=policy.flow.value,
            mode=policy.mode.value,
            tolerance_percent=policy.tolerance_percent,
            person=policy.by,
            reason=policy.reason,
            at=policy.at,
        )
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])
