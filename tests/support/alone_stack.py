"""The supervisor of a stack in which a cell stands alone, and soon notices that membership is silent."""

from dataclasses import replace

from guildhall_local import stack
from guildhall_local.instance import Instance
from guildhall_local.processes import stack as whole_stack
from guildhall_local.spec import ProcessSpec

BOUND_SECONDS = 3
"""After which what is known of grants is too old to decide; a minute in ordinary stacks."""


def specs(instance: Instance) -> list[ProcessSpec]:
    return [
        replace(spec, environment={**spec.environment, "ACCESS_BOUND_SECONDS": str(BOUND_SECONDS)})
        if spec.name.startswith(instance.own)
        else spec
        for spec in whole_stack(instance)
    ]


if __name__ == "__main__":
    stack.run(Instance(), specs)
