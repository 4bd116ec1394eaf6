"""A mail becomes what a person reads, however it was written."""

from email.message import EmailMessage

from guildhall_local.mailcatcher.letter import Letter


def test_both_forms_and_the_headers_are_read() -> None:
    mail = EmailMessage()
    mail["From"] = "Guildhall <no-reply@guildhall.example>"
    mail["Subject"] = "Your place – confirmed"
    mail["Message-ID"] = "<1@guildhall.example>"
    mail["List-Unsubscribe"] = "<http://127.0.0.1:7400/stop>"
    mail.set_content("Dear Zoë\n\nSee you – there.\n")
    mail.add_alternative("<p>Dear Zoë</p>\n", subtype="html")

    letter = Letter.read(mail.as_bytes())

    assert letter.subject == "Your place – confirmed"
    assert letter.sender == "Guildhall <no-reply@guildhall.example>"
    assert letter.message_id == "<1@guildhall.example>"
    assert letter.text == "Dear Zoë\n\nSee you – there.\n"
    assert letter.html == "<p>Dear Zoë</p>\n"
    assert ("List-Unsubscribe", "<http://127.0.0.1:7400/stop>") in letter.headers
    assert letter.attachments == []


def test_an_attachment_is_named_and_is_not_the_text() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Calendar"
    mail.set_content("See the attachment.\n")
    mail.add_attachment("BEGIN:VCALENDAR\n", subtype="calendar", filename="summit.ics")
    mail.add_attachment("not the letter\n", filename="notes.txt")

    letter = Letter.read(mail.as_bytes())

    assert letter.text == "See the attachment.\n"
    assert [(part.name, part.kind) for part in letter.attachments] == [
        ("summit.ics", "text/calendar"),
        ("notes.txt", "text/plain"),
    ]


def test_what_cannot_be_decoded_is_shown_as_it_came() -> None:
    raw = (
        b"Subject: =?no-such-charset?b?SGk=?=\r\nFrom: =?utf-8?b?!!?= <x@y.example>\r\n"
        b"Content-Type: text/plain; charset=no-such-charset\r\n\r\nna\xefve\r\n"
    )

    letter = Letter.read(raw)

    assert letter.subject == "=?no-such-charset?b?SGk=?="
    assert "x@y.example" in letter.sender
    assert letter.text == "na�ve\n"


def test_nothing_at_all_is_still_a_letter() -> None:
    letter = Letter.read(b"")

    assert (letter.subject, letter.sender, letter.message_id, letter.html) == ("", "", "", None)
