/*
 * A person who moves between cells, and is erased: names stand where their person is a member today, and nowhere else.
 *
 * The code: membership_service.people (profiles, profile_store), the relay's rendering, and the handlers of profiles in
 * events and notifications. There is one person. A row of the outbox announces them to one cell; what it says is read
 * when it is sent. A reader keeps the newest text of each cell.
 */
module moving

open util/ordering[Version] as versions

sig Cell {}

sig Version {}
/** Rises with each announcement of the person; it serves as a text too: how they are called since then. */

sig Row {
  cell: one Cell,
  version: one Version
}
fact { all disj r, s: Row | r.cell != s.cell or r.version != s.version }

abstract sig Mechanism {}
one sig
  Rendered,   // a row holds no text; the relay reads the person as they are when it sends
  PerCell,    // a reader keeps a text for each cell, and a tombstone takes away its own cell's only
  Outlasting, // a tombstone stays on its topic until everybody has read it
  Remembered, // whoever was erased is remembered, and nothing that comes later brings them back
  Swept,      // a while after an erasure the profiles are ended once more
  Fence       // the broker takes nothing more from a producer that was given up; this is NOT built
  extends Mechanism {}

one sig World { without: set Mechanism }
pred built { World.without = Fence }
pred fenced { no World.without }
pred fenced_without[m: Mechanism] { World.without = m }

one sig Person {
  var member: one Cell,
  var told: lone Version,
  var named: one Version
}
/** told: the newest announcement. named: the one since which they are called so. */

var lone sig Erased, Clean in Person {}
/** Clean: swept. */
var sig Announced, Sent, Dropped in Row {}
/** Dropped: by compaction. */

one sig Topic {
  var stored: Row -> lone Version,
  var text: Row -> lone Version,
  var astray: Row -> lone Version,
  var late: Row -> lone Version
}
/**
 * stored: with the row in the outbox, where it is not rendered. text: as sent; none is a tombstone. astray: given up by
 * the relay, and on its way. late: has come nevertheless, and stands last in its cell until something new is sent there.
 */

one sig Reader {
  var done: set Row,
  var kept: Cell -> Version -> Version,
  var knows: lone Person
}
/** kept: by cell, the version and the text. knows: of the erasure. */

fact at_first {
  no Announced + Sent + Dropped
  no Erased
  no Clean
  no told
  no stored
  no text
  no astray
  no late
  no done
  no kept
  no knows
  Person.named = first
}

pred person_same {
  member' = member
  told' = told
  named' = named
  stored' = stored
  Erased' = Erased
  Clean' = Clean
  Announced' = Announced
}

pred topics_same {
  Sent' = Sent
  Dropped' = Dropped
  text' = text
  astray' = astray
  late' = late
}

pred reader_same {
  done' = done
  kept' = kept
  knows' = knows
}

fun upcoming: lone Version { some Person.told => next[Person.told] else first }

/** One transaction under the person's lock: one version, a row for each of these cells. */
pred announce[cells: set Cell] {
  some upcoming
  told' = Person -> upcoming
  Announced' = Announced + (version.upcoming & cell.cells)
  cells in (version.upcoming).cell
  stored' = stored + (Rendered in World.without and no Erased' => Topic -> (version.upcoming & cell.(Person.member')) -> Person.named' else none -> none -> none)
  topics_same
  reader_same
}

pred found {
  no Person.told
  no Erased
  member' = member
  named' = named
  Erased' = Erased
  Clean' = Clean
  announce[Person.member]
}

pred move {
  some Person.told
  no Erased
  member' != member
  named' = named
  Erased' = Erased
  Clean' = Clean
  announce[Person.member + Person.member']
}

pred rename {
  some Person.told
  no Erased
  member' = member
  Erased' = Erased
  named' = Person -> upcoming
  Clean' = Clean
  announce[Person.member]
}

pred erase {
  some Person.told
  no Erased
  Erased' = Person
  member' = member
  named' = named
  Clean' = Clean
  announce[Person.member]
}

/** So late that nothing of before is on its way any more. */
pred sweep {
  Swept not in World.without
  some Erased
  no Clean
  Announced = Sent
  no Topic.astray
  Clean' = Person
  Erased' = Erased
  member' = member
  named' = named
  announce[Cell]
}

/** What the relay says of a row now. */
fun rendered[r: Row]: lone Version {
  Rendered in World.without => Topic.stored[r] else (no Erased and r.cell = Person.member => Person.named else none)
}

pred goes_next[r: Row] {
  r in Announced - Sent
  no { s: Announced - Sent | s.cell = r.cell and lt[s.version, r.version] }
}

pred send[r: Row] {
  goes_next[r]
  Sent' = Sent + r
  text' = text + Topic -> r -> rendered[r]
  late' = late - Topic -> cell.(r.cell) -> Version
  astray' = astray
  Dropped' = Dropped
  person_same
  reader_same
}

/** Sent and given up before the broker's answer: it is sent again, and this one may arrive as well. */
pred lose_sight[r: Row] {
  Fence in World.without
  goes_next[r]
  some rendered[r]
  no Topic.astray
  astray' = Topic -> r -> rendered[r]
  Sent' = Sent
  text' = text
  late' = late
  Dropped' = Dropped
  person_same
  reader_same
}

pred arrive[r: Row] {
  some Topic.astray[r]
  r in Sent
  late' = late - Topic -> cell.(r.cell) -> Version + Topic -> r -> Topic.astray[r]
  no astray'
  Sent' = Sent
  text' = text
  Dropped' = Dropped
  person_same
  reader_same
}

fun following[r: Row]: set Row { { s: Sent | s.cell = r.cell and lt[r.version, s.version] } + (Topic.late.Version & cell.(r.cell)) }

/** Compaction drops what something newer of its cell follows, and a tombstone once it has stood long enough. */
pred compact[r: Row] {
  r in Sent - Dropped
  some following[r] or (no Topic.text[r] and (Outlasting not in World.without implies r in Reader.done))
  Dropped' = Dropped + r
  Sent' = Sent
  text' = text
  astray' = astray
  late' = late
  person_same
  reader_same
}

fun in_scope[r: Row]: set Cell { PerCell in World.without => Cell else r.cell }

/** The handlers. t: none is a tombstone. */
pred handle[r: Row, t: lone Version] {
  (no t) implies kept' = kept - Reader -> in_scope[r] -> { v: Version | lte[v, r.version] } -> Version
  else (some Reader.knows and Remembered not in World.without) implies kept' = kept
  else (some v: in_scope[r].(Reader.kept).Version | gte[v, r.version]) implies kept' = kept
  else kept' = kept - Reader -> in_scope[r] -> Version -> Version + Reader -> r.cell -> r.version -> t
}

pred unread[r: Row] { r in Sent - Dropped - Reader.done }

pred read[r: Row] {
  unread[r]
  no { s: Row | unread[s] and s.cell = r.cell and lt[s.version, r.version] }
  done' = done + Reader -> r
  knows' = knows
  handle[r, Topic.text[r]]
  person_same
  topics_same
}

/** The inbox knows a copy of what was read; where compaction has taken the first, the copy is news. */
pred read_late[r: Row] {
  some Topic.late[r]
  r not in Reader.done
  no { s: Row | unread[s] and s.cell = r.cell }
  done' = done + Reader -> r
  knows' = knows
  handle[r, Topic.late[r]]
  person_same
  topics_same
}

/** That the person is erased stands on another topic, which keeps everything. */
pred hear_of_the_erasure {
  some Erased
  no Reader.knows
  knows' = Reader -> Person
  (Remembered not in World.without) implies no kept' else kept' = kept
  done' = done
  person_same
  topics_same
}

/** A projection is rebuilt from the first record that is still there. */
pred rebuild {
  some Reader.done
  no done'
  no kept'
  no knows'
  person_same
  topics_same
}

pred nothing {
  person_same
  topics_same
  reader_same
}

fact whatever_happens {
  always (
    nothing or found or move or rename or erase or sweep or hear_of_the_erasure or rebuild
    or (some r: Row | send[r] or lose_sight[r] or arrive[r] or compact[r] or read[r] or read_late[r])
  )
}

// What is promised, once all is sent, nothing is on its way, and the reader has read what there is.

pred settled {
  some Announced
  Announced = Sent
  no Topic.astray
  Sent - Dropped in Reader.done
  Topic.late.Version in Reader.done
  some Erased implies some Reader.knows
}

pred found_where_they_are {
  always ((settled and no Erased) implies
    (Cell.(Reader.kept)[Version] = Person.named and (Reader.kept).Version.Version = Person.member))
}

pred erased_are_forgotten { always ((settled and some Erased) implies no Reader.kept) }

/** What compaction leaves of somebody who is erased. */
pred topics_are_clean {
  always ((settled and some Erased and (Swept not in World.without implies some Clean) and (all r: Sent | some following[r] implies r in Dropped)) implies
    no (Sent - Dropped) <: Topic.text and no Topic.late)
}

pred nothing_is_sent_of_the_erased { always all r: Row | (some Erased and r in Announced - Sent and after (r in Sent)) implies no Topic.text'[r] }

check people_are_found_where_they_are { fenced implies found_where_they_are } for 2 but 3 Row, 10..10 steps expect 0
check the_erased_are_forgotten { built implies erased_are_forgotten } for 1 but 2 Version, 2 Row, 11..11 steps expect 0
check nothing_goes_out_about_the_erased { built implies nothing_is_sent_of_the_erased } for 2 but 3 Version, 5 Row, 7..7 steps expect 0
check compaction_leaves_nothing_of_the_erased { built implies topics_are_clean } for 1 but 3 Version, 3 Row, 13..13 steps expect 0

// Each mechanism taken away, and what breaks.

check with_stored_texts_the_erased_go_out { fenced_without[Rendered] implies nothing_is_sent_of_the_erased } for 1 but 2 Version, 2 Row, 5..5 steps expect 1
check with_one_text_for_all_cells_people_are_lost { fenced_without[PerCell] implies found_where_they_are } for 2 but 3 Row, 9..9 steps expect 1
check a_tombstone_that_goes_early_leaves_people_behind { fenced_without[Outlasting] implies found_where_they_are } for 2 but 3 Row, 9..9 steps expect 1
check where_nobody_remembers_the_erased_return { World.without = Remembered + Fence implies erased_are_forgotten } for 1 but 2 Version, 2 Row, 11..11 steps expect 1

check unswept_a_late_copy_keeps_a_text_of_the_erased { World.without = Swept + Fence implies topics_are_clean } for 1 but 2 Version, 2 Row, 11..11 steps expect 1

// What surprised.

check as_built_a_late_copy_shows_an_old_name { built implies found_where_they_are } for 1 but 2 Version, 2 Row, 10..10 steps expect 1

// The model does something: a member of one cell moves to the other, is found there, and is erased.
run moved_and_erased { built and some c: Cell | eventually (settled and Person.member = c and eventually (settled and Person.member != c and eventually (settled and some Erased))) } for 2 but 3 Version, 4 Row, 13..13 steps expect 1
