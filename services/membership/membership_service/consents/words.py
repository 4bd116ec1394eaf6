"""What the fields of signals about persons say, in the words of the person whom they are about."""

FIELDS = {
    "version": "how many times this changed",
    "person_id": "a number that stands for you",
    "membership_id": "a number that stands for your membership",
    "network_id": "which network",
    "main": "whether it is your main network",
    "since": "since when you are a member",
    "until": "until when you are a member",
    "job_role": "your job role",
    "sector": "your sector",
    "organisation": "the code of your employer",
    "described_from": "since when you have had that job role",
    "registration_id": "a number that stands for your registration",
    "event_id": "which event",
    "status": "whether you have a place",
    "registered_at": "when you registered",
    "waited": "whether you were on the waiting list",
    "attended_at": "when you came",
}
