"""The chapters in their order."""

from collections.abc import Awaitable, Callable, Sequence

from rich.console import Console

from guildhall_local.instance import Instance
from guildhall_local.story import afterwards, announcing, founding, huddle, joining, journal, subscribing, summit
from guildhall_local.story.asking import Asker, new_client
from guildhall_local.story.inputs import Scale, people
from guildhall_local.story.plan import JOURNAL, planned
from guildhall_local.story.stage import Stage
from guildhall_local.story.telling import Chapter, Teller

CHAPTERS: Sequence[tuple[str, Callable[[Stage, Chapter], Awaitable[None]]]] = [
    ("A first lead", founding.bootstrap),
    ("The networks are founded", founding.found_networks),
    ("The members are imported", founding.import_people),
    ("Roles are given", founding.give_grants),
    ("A partner body's agreement", founding.make_agreement),
    ("The partner body subscribes", subscribing.subscribe),
    ("Somebody joins", joining.join),
    ("A summit and a masterclass", summit.publish),
    ("A word to everybody", announcing.say_to_everybody),
    ("Members sign in", summit.sign_in),
    ("A huddle tomorrow", huddle.prepare),
    ("The race for the summit", summit.race),
    ("The masterclass fills", summit.fill_the_masterclass),
    ("Second thoughts", summit.cancel),
    ("A trust's lead moves", summit.move),
    ("Another room", summit.change_the_room),
    ("At the door", summit.check_in),
    ("Consent", joining.consent),
    ("One click", announcing.unsubscribe),
    ("The day before", huddle.remind),
    ("A look over the wall", afterwards.trespass),
    ("The figures", afterwards.count),
    ("The partner body reads", afterwards.read_the_stream),
    ("What was pushed to it", subscribing.compare),
    ("A member reads", afterwards.read_the_list),
]


async def play(instance: Instance, console: Console, *, scale: Scale) -> float:
    """Play the whole story; its length in seconds. StoryStopped where something goes otherwise."""
    plan = planned(scale, founding.today())
    folder = instance.folder("story")
    plan.write(folder)
    async with new_client() as http:
        with journal.Journal(folder / JOURNAL) as log:
            asker = Asker(gateway=instance.url("gateway"), issuer=instance.issuer, journal=log, http=http)
            stage = Stage(
                instance=instance,
                asker=asker,
                plan=plan,
                members=people(scale.people, seed=plan.seed),
            )
            teller = Teller(console)
            async with stage.closing:
                for title, chapter in CHAPTERS:
                    with teller.chapter(title) as told:
                        await chapter(stage, told)
    return teller.seconds
