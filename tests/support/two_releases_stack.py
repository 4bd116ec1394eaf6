"""The supervisor of a stack in which one service runs in two releases at the same time."""

from previous_release import beside

from guildhall_local import stack
from guildhall_local.instance import Instance
from guildhall_local.processes import stack as whole_stack
from guildhall_local.spec import ProcessSpec


def specs(instance: Instance) -> list[ProcessSpec]:
    return beside(instance, whole_stack(instance))


if __name__ == "__main__":
    stack.run(Instance(), specs)
