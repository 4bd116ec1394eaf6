/*
 * Inbox, parking and a rebuild's switch: each record of a partition changes a projection once, is told of once, and a
 * subject's records come in their order; whoever dies, reads twice, fails or switches in between.
 *
 * The code: servicekit.consumers (apply, inbox, parking, rebuild, marks, runtime, replay). A batch is one record here,
 * which is what a batch that fails is narrowed to. Two workers may hold the partition at once: one of them is a zombie.
 */
module consuming

open util/ordering[Record] as offsets

sig Subject {}
sig Record { subject: one Subject }
/** Of one partition, ordered by offset. */

abstract sig Epoch {
  var inbox: set Record,
  var projected: set Record
}
one sig Old, New extends Epoch {}

sig Worker {
  var seen: set Record,
  var within: lone Epoch
}
/** seen: what its position has passed. within: the epoch in which its transaction is open. */

abstract sig Mechanism {}
one sig
  Inbox,       // a delivery that an epoch has seen is not applied in it again
  OffsetLast,  // Kafka is told of a record once the database has it
  LaterWait,   // later records of a parked subject are parked behind it
  Wall,        // a switch waits for open batches, and they for it
  ReadExactly, // a switch reads exactly as far as the old epoch has applied
  TakeOver     // at a switch, what waits keeps what is still to be done with it
  extends Mechanism {}

one sig World { without: set Mechanism }
pred built { no World.without }
pred only_without[m: Mechanism] { World.without = m }

var one sig Active in Epoch {}
var sig Told, ToProject, ToTell, Anew in Record {}
/** ToProject and ToTell: parked, by what is still to be done. Anew: parked by a rebuild that has not switched. */
var sig Committed in Record {}
/** Kafka's offset, as what lies before it. */
var sig Doubled, Inverted in Record {}
/** Nobody keeps these two: they say what went wrong. */

fun parked: set Record { ToProject + ToTell }
fun upcoming[w: Worker]: lone Record { min[Record - w.seen] }
fun upcoming_anew: lone Record { min[Record - New.inbox] }
fun kin[r: Record]: set Record { subject.(r.subject) }

fact at_first {
  no inbox
  no projected
  no seen
  no within
  Active = Old
  no Told + ToProject + ToTell + Anew + Committed + Doubled + Inverted
}

pred workers_same {
  seen' = seen
  within' = within
}

pred effects_same {
  inbox' = inbox
  projected' = projected
  Told' = Told
  ToProject' = ToProject
  ToTell' = ToTell
  Doubled' = Doubled
  Inverted' = Inverted
}

pred rebuild_same {
  Active' = Active
  Anew' = Anew
}

/** A transaction opens in the epoch that is on. */
pred begin[w: Worker] {
  no w.within
  some upcoming[w]
  within' = within + w -> Active
  seen' = seen
  Committed' = Committed
  effects_same
  rebuild_same
}

/** The handlers of these run, in this order. */
pred run_handlers[e: Epoch, projecting: set Record, telling: set Record] {
  projected' = projected + e -> projecting
  Told' = Told + telling
  Doubled' = Doubled + (projecting & e.projected) + (telling & Told)
  Inverted' = Inverted + { r: projecting | some r.nexts & kin[r] & e.projected } + { r: telling | some r.nexts & kin[r] & Told }
}

/** A transaction commits. Whether a handler fails is anybody's guess. */
pred finish[w: Worker] {
  some w.within
  seen' = seen + w -> upcoming[w]
  within' = within - w -> Epoch
  let e = w.within, r = upcoming[w] {
    inbox' = inbox + e -> r
    (Inbox not in World.without and r in e.inbox) implies {
      run_handlers[e, none, none]
      ToProject' = ToProject
      ToTell' = ToTell
    } else (LaterWait not in World.without and some (r + r.prevs) & kin[r] & parked) implies {
      run_handlers[e, none, none]
      ToProject' = ToProject + (r - parked)
      ToTell' = ToTell + (r - parked)
    } else {
      (run_handlers[e, r, r] and ToProject' = ToProject and ToTell' = ToTell)
      or (run_handlers[e, none, none] and ToProject' = ToProject + r and ToTell' = ToTell + r)
    }
  }
  Committed' = Committed
  rebuild_same
}

pred tell_kafka[w: Worker] {
  no w.within or OffsetLast in World.without
  Committed' = w.seen + (some w.within => upcoming[w] else none)
  workers_same
  effects_same
  rebuild_same
}

/** Killed, or the partition is somebody else's now: what was open is rolled back, and read again. */
pred die[w: Worker] {
  seen' = seen - w -> Record + w -> Committed
  within' = within - w -> Epoch
  Committed' = Committed
  effects_same
  rebuild_same
}

/** Somebody replays a subject: all that waits of it succeeds, or stays. */
pred replay[s: Subject] {
  some parked & subject.s
  run_handlers[Active, ToProject & subject.s, ToTell & subject.s]
  ToProject' = ToProject - subject.s
  ToTell' = ToTell - subject.s
  inbox' = inbox
  Committed' = Committed
  workers_same
  rebuild_same
}

/** The rebuild reads one record more; it only projects. */
pred fill {
  Active = Old
  some upcoming_anew
  let r = upcoming_anew {
    inbox' = inbox + New -> r
    (some r.prevs & kin[r] & Anew) implies {
      Anew' = Anew + r
      projected' = projected
    } else {
      (Anew' = Anew + r and projected' = projected) or (Anew' = Anew and projected' = projected + New -> r)
    }
  }
  Told' = Told
  ToProject' = ToProject
  ToTell' = ToTell
  Doubled' = Doubled
  Inverted' = Inverted
  Active' = Active
  Committed' = Committed
  workers_same
}

/** The rebuild was killed, and begins again. */
pred begin_again {
  Active = Old
  inbox' = inbox - New -> Record
  projected' = projected - New -> Record
  no Anew'
  Told' = Told
  ToProject' = ToProject
  ToTell' = ToTell
  Doubled' = Doubled
  Inverted' = Inverted
  Active' = Active
  Committed' = Committed
  workers_same
}

pred switch {
  Active = Old
  Wall not in World.without implies no within
  ReadExactly not in World.without implies New.inbox = Old.inbox
  Active' = New
  ToProject' = (TakeOver in World.without => ToProject else Anew)
  ToTell' = ToTell
  no Anew'
  inbox' = inbox
  projected' = projected
  Told' = Told
  Doubled' = Doubled
  Inverted' = Inverted
  Committed' = Committed
  workers_same
}

pred nothing {
  workers_same
  effects_same
  rebuild_same
  Committed' = Committed
}

fact whatever_happens {
  always (
    nothing or fill or begin_again or switch
    or (some w: Worker | begin[w] or finish[w] or tell_kafka[w] or die[w])
    or (some s: Subject | replay[s])
  )
}

// What is promised.

/** What Kafka was told of is applied; what is applied is projected where one reads, and told of, or waits for that. */
pred nothing_lost {
  always (Committed in Active.inbox and Active.inbox in Active.projected + ToProject and Active.inbox in Told + ToTell)
}
pred once_each { always no Doubled }
pred in_order { always no Inverted }

check nothing_is_lost { built implies nothing_lost } for 2 but 1 Worker, 10..10 steps expect 0
check each_is_applied_once { built implies once_each } for 2 but 2 Worker, 8..8 steps expect 0
check subjects_keep_their_order { built implies in_order } for 2 but 1 Worker, 10..10 steps expect 0
check two_hold_a_partition_and_nothing_is_lost { built implies nothing_lost and in_order } for 2 but 2 Worker, 8..8 steps expect 0

// Each mechanism taken away, and what breaks.

check without_the_inbox_records_count_twice { only_without[Inbox] implies once_each } for 2 but 1 Worker, 8..8 steps expect 1
check with_auto_commit_records_are_lost { only_without[OffsetLast] implies nothing_lost } for 2 but 1 Worker, 8..8 steps expect 1
check where_none_wait_subjects_lose_their_order { only_without[LaterWait] implies in_order } for 2 but 1 Worker, 8..8 steps expect 1
check without_the_wall_records_are_lost { only_without[Wall] implies nothing_lost } for 2 but 1 Worker, 8..8 steps expect 1
check without_the_wall_records_count_twice { only_without[Wall] implies once_each } for 2 but 1 Worker, 8..8 steps expect 1
check switched_too_early_records_are_lost { only_without[ReadExactly] implies nothing_lost } for 2 but 1 Worker, 8..8 steps expect 1
check where_nothing_is_taken_over_records_count_twice { only_without[TakeOver] implies once_each } for 2 but 1 Worker, 8..8 steps expect 1

// What surprised.

/** One must not read too far either: what the rebuild has seen, the live consumer skips, and nobody tells of it. */
check read_too_far_nobody_is_told { only_without[ReadExactly] implies always (Old.inbox in New.inbox and Active = New implies New.inbox in Told + ToTell) } for 2 but 1 Worker, 8..8 steps expect 1

// The model does something: a record is parked, a rebuild switches, the record is told of afterwards.
run parked_switched_told { built and eventually (some ToProject and eventually (Active = New and no ToProject and some ToTell and eventually (Told = Record and no parked))) } for 2 but 1 Worker, 11..11 steps expect 1
