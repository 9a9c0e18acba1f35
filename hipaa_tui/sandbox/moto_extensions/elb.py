"""What moto lacks of classic load balancers: that a listener may speak another protocol to the instances than to clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elb.models import ELBBackend, FakeListener


def _instance_protocol(listener: Any) -> str:
    return str(getattr(listener, "to_instances", "") or listener.protocol)


def _remember(listeners: list[Any], ports: list[dict[str, Any]]) -> None:
    asked = {int(one.get("LoadBalancerPort") or 0): one.get("InstanceProtocol") for one in ports}
    for listener in listeners:
        if protocol := asked.get(int(listener.load_balancer_port)):
            listener.to_instances = str(protocol).upper()


def _remembering(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(backend: Any, **arguments: Any) -> Any:
        balancer = make(backend, **arguments)
        if balancer is not None:
            _remember(balancer.listeners, arguments.get("ports") or [])
        return balancer

    return made


def install() -> None:
    """Add it to moto's own models."""
    models: Any = ELBBackend
    listener: Any = FakeListener
    listener.instance_protocol = property(_instance_protocol)
    for name in ("create_load_balancer", "create_load_balancer_listeners"):
        setattr(models, name, _remembering(getattr(models, name)))
