"""python -m notifications_service serve | work | migrate | rebuild | parked | replay | status"""

from notifications_service.announcements.loop import announce
from notifications_service.app import create_app
from notifications_service.bounces.loop import read_bounces
from notifications_service.consumers import CONSUMERS
from notifications_service.handing_on.loop import hand_on_who_moved
from notifications_service.held import HELD
from notifications_service.mail.loop import send_mail
from notifications_service.manifests.loop import sign_manifests
from notifications_service.reminders.handlers import reminder_timers
from notifications_service.reports.loop import forget_old_links
from notifications_service.schema import SCHEMA
from notifications_service.settings import NotificationsSettings
from notifications_service.streams.loop import let_go_of_old_items
from notifications_service.webhooks.loop import send_webhooks
from notifications_service.webhooks.operational_mail import carry_operational_mail
from servicekit.process import Service, command_line
from servicekit.subjects.again import forgets_again

SERVICE = Service(
    name="notifications",
    settings=NotificationsSettings,
    schema=SCHEMA,
    consumers=CONSUMERS,
    create_app=create_app,
    loops=(
        announce,
        send_mail,
        hand_on_who_moved,
        read_bounces,
        let_go_of_old_items,
        send_webhooks,
        carry_operational_mail,
        sign_manifests,
        forget_old_links,
        forgets_again(HELD),
    ),
    timers=reminder_timers,
)

app = command_line(SERVICE)

if __name__ == "__main__":
    app()
