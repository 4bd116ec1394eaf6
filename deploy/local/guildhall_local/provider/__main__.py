"""python -m guildhall_local.provider: the provider of the local stack, on its port and with its state."""

import uvicorn

from guildhall_local.instance import HOST, Instance
from guildhall_local.provider.app import Provider, create_app


def main() -> None:
    instance = Instance()
    port = instance.ports["provider"]
    app = create_app(Provider(issuer=f"http://{HOST}:{port}", state=instance.state))
    uvicorn.run(app, host=instance.listen, port=port, log_level="warning", access_log=False, backlog=2048)


if __name__ == "__main__":
    main()
