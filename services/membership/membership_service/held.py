"""What membership holds about persons, table by table, and what becomes of it when somebody is erased."""

from access import held as shared
from servicekit.subjects import Holding, blanks, deletes, keeps

BELONGED = "where somebody belonged, and when, stays true under a pseudonym"
THEIR_ADDRESS = "(SELECT p.email FROM people p WHERE p.id = $1::uuid AND p.email <> '')"

HELD = [
    Holding(
        "servicekit.idempotency_keys",
        deletes(),
        about=f"""
        caller IN (SELECT i.subject_hash FROM identities i WHERE i.person_id = $1::uuid)
        OR position(convert_to({THEIR_ADDRESS}::text, 'UTF8') IN body) > 0
        """,
        hidden="Answers that were given already, for two days, in case they are asked for again.",
    ),
    *shared.HELD,
    Holding(
        "servicekit.jobs",
        blanks(
            because="what an import did stays; what its rows said of them does not",
            report="import_report_without($1::uuid, report)",
            resume="import_report_without($1::uuid, resume)",
        ),
        about="import_report_names($1::uuid, report) OR import_report_names($1::uuid, resume)",
        hidden="Reports of imports, in which rows of other people stand as well.",
    ),
    Holding(
        "invitations",
        deletes(),
        about=f"accepted_at IS NULL AND email = {THEIR_ADDRESS}",
        hidden="The same address may have been typed for somebody else.",
    ),
    Holding("invitations", blanks(because="that a lead invited somebody who came", email="NULL")),
    Holding(
        "join_requests",
        blanks(
            because="that somebody asked, and was answered, stays true under a pseudonym",
            reason="NULL",
            organisation="NULL",
            decision_reason="NULL",
        ),
    ),
    Holding("directory_choices", deletes()),
    Holding("consents", deletes()),
    Holding("consent_history", deletes()),
    Holding("identities", deletes()),
    Holding("person_cells", deletes()),
    Holding("grants", keeps("who was answerable for a network, and when, stays true under a pseudonym")),
    Holding("memberships", keeps(BELONGED)),
    Holding(
        "membership_descriptions",
        keeps(BELONGED),
        about="membership_id IN (SELECT m.id FROM memberships m WHERE m.person_id = $1::uuid)",
    ),
    Holding("membership_history", keeps(BELONGED)),
    Holding("erasures", keeps("the ledger by which they are erased again after a restore")),
    Holding(  # the last: others are found by what stands here
        "people",
        blanks(
            because="the pseudonym to which facts refer",
            given_name="''",
            family_name="''",
            email="''",
            language="'en'",
        ),
        about="id = $1::uuid",
    ),
]
