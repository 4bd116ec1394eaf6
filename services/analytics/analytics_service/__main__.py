"""python -m analytics_service serve | work | migrate | rebuild | parked | replay | status"""

from analytics_service.app import create_app
from analytics_service.consumers import CONSUMERS
from analytics_service.exports.handlers import HANDLERS
from analytics_service.held import HELD
from analytics_service.schedules.loops import tell_of_reports
from analytics_service.schema import SCHEMA
from analytics_service.settings import AnalyticsSettings
from analytics_service.snapshots.loops import take_snapshots
from servicekit.process import Service, command_line
from servicekit.subjects.again import forgets_again

SERVICE = Service(
    name="analytics",
    settings=AnalyticsSettings,
    schema=SCHEMA,
    consumers=CONSUMERS,
    create_app=create_app,
    jobs=HANDLERS,
    loops=[take_snapshots, tell_of_reports, forgets_again(HELD)],
)

app = command_line(SERVICE)

if __name__ == "__main__":
    app()
