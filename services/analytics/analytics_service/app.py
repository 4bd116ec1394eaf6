"""The HTTP side: the API of `serve`."""

from fastapi import FastAPI

from access import application
from analytics_service.consumers import CONSUMERS
from analytics_service.erasures import api as erasures
from analytics_service.exports import api as exports
from analytics_service.reports import api as reports
from analytics_service.schedules import api as schedules
from analytics_service.schedules import shown
from analytics_service.schema import SCHEMA
from analytics_service.settings import AnalyticsSettings
from analytics_service.snapshots import api as snapshots


def create_app(settings: AnalyticsSettings) -> FastAPI:
    """The API. It refuses to start on a stale schema, or with a route that no rule guards."""
    return application(
        title="analytics",
        settings=settings,
        schema=SCHEMA,
        consumers=CONSUMERS,
        routers=[
            reports.router,
            erasures.router,
            snapshots.router,
            exports.router,
            schedules.router,
            shown.router,
        ],
    )
