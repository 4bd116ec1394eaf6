"""The job that writes an export's file: one chunk, so that a crash leaves nothing half-written."""

import asyncio

from analytics_service.exports import store, written
from analytics_service.exports.model import MEDIA_TYPES, ExportFile, FileFormat, Grounds
from servicekit import clock
from servicekit.crash_points import Point, reached
from servicekit.jobs import JobHandler, JobRun


async def write_file(run: JobRun) -> None:
    """What it holds was put together when it was asked for, in the scope of whoever asked: this role sees too much."""
    from analytics_service.exports.files import content_of

    table = written.read(run.input)
    file_format = FileFormat(run.parameters["format"])
    await run.progress(0, len(table.rows))
    content = await asyncio.to_thread(content_of, table, file_format)
    async with run.chunk() as conn:
        file = ExportFile(
            export_id=run.id,
            person_id=run.requested_by,
            grounds=Grounds.read(run.parameters["grounds"]),
            name=f"{run.parameters['report']}.{file_format}",
            media_type=MEDIA_TYPES[file_format],
            content=content,
            made_at=clock.now(),
        )
        await store.add(conn, file)
        reached(Point.EXPORT_WRITTEN)
        await run.progress(len(table.rows))
        await run.finish({"rows": len(table.rows), "bytes": len(content), "expires_at": file.expires_at.isoformat()})


HANDLERS: dict[str, JobHandler] = {store.KIND: write_file}
