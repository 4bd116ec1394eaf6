"""python -m guildhall_local.mailcatcher: the mail catcher of the local stack, with its ports and state."""

import uvicorn

from guildhall_local.instance import Instance
from guildhall_local.mailcatcher.app import create_app


def main() -> None:
    instance = Instance()
    app = create_app(folder=instance.state / "mail", smtp_port=instance.ports["smtp"], host=instance.listen)
    uvicorn.run(app, host=instance.listen, port=instance.ports["mail"], log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
