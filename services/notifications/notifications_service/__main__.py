"""python -m notifications_service serve | work | migrate | rebuild"""

from notifications_service.announcements.loop import announce
from notifications_service.app import create_app
from notifications_service.consumers import CONSUMERS
from notifications_service.mail.loop import send_mail
from notifications_service.schema import SCHEMA
from notifications_service.settings import NotificationsSettings
from notifications_service.streams.loop import let_go_of_old_items
from servicekit.process import Service, command_line

SERVICE = Service(
    name="notifications",
    settings=NotificationsSettings,
    schema=SCHEMA,
    consumers=CONSUMERS,
    create_app=create_app,
    loops=(announce, send_mail, let_go_of_old_items),
)

app = command_line(SERVICE)

if __name__ == "__main__":
    app()
