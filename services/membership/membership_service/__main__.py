"""python -m membership_service serve | work | migrate | rebuild | parked | replay | status | bootstrap | erasures"""

from membership_service import bootstrap, work
from membership_service.app import SCHEMA, create_app
from membership_service.changes.loop import changes_that_are_due
from membership_service.consumers import CONSUMERS
from membership_service.erasures import command as erasures
from membership_service.erasures.loop import erasures_asked_for, erasures_unanswered
from membership_service.held import HELD
from membership_service.imports.handlers import handlers
from membership_service.people import profiles
from membership_service.settings import MembershipSettings
from servicekit.process import Service, command_line
from servicekit.subjects.again import forgets_again

SERVICE = Service(
    name="membership",
    settings=MembershipSettings,
    schema=SCHEMA,
    consumers=CONSUMERS,
    create_app=create_app,
    renderer=profiles.renderer(),
    heartbeats=work.heartbeats,
    jobs=handlers(MembershipSettings),
    loops=[
        work.profiles_that_are_due,
        changes_that_are_due,
        erasures_asked_for,
        erasures_unanswered,
        forgets_again(HELD),
    ],
)

app = command_line(SERVICE)
app.command(name="bootstrap")(bootstrap.command)
app.add_typer(erasures.app, name="erasures")

if __name__ == "__main__":
    app()
