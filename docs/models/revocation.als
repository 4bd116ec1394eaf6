/*
 * Revocation: a grant that was taken back opens nothing any more, within the stated bound, whatever stands still.
 *
 * The code: the relay's lanes and heartbeats, the grants consumer, and access.policy, which decides only while the newest
 * heartbeat of the cell is young enough. One person holds one grant in one cell; a tick is a part of the bound.
 */
module revocation

open util/ordering[Instant] as instants
open util/ordering[Record] as offsets

sig Instant {}

sig Record {}
/** Places on the grants topic, which has one partition. */

abstract sig Mechanism {}
one sig
  GrantsFirst,   // grants leave before everything else that waits
  SaidIfTrue,    // a heartbeat says that nothing urgent waits, and goes out only where that was looked up
  LookedAt,      // it carries the instant of that look, not the one at which it is sent
  InOrder,       // grants and heartbeats share a partition, and are applied in its order
  Bound          // who may do what is decided only while the newest heartbeat is young enough
  extends Mechanism {}

one sig World { without: set Mechanism }
pred built { no World.without }
pred only_without[m: Mechanism] { World.without = m }

one sig Now { var at: one Instant }
one sig Grant { var revoked: lone Instant }
/** When the revocation was committed. */

one sig Relay {
  var held: lone Relay,
  var looked: lone Instant,
  var clear: lone Instant,
  var busy: lone Relay,
  var sent: lone Relay
}
/** held: back, by its switch. looked: when it read what is unsent. clear: when nothing urgent was. busy: with others'
    signals, for as long as the broker takes. sent: the revocation is on the topic. */

one sig Topic {
  var beat: Record -> lone Instant,
  var revocation: set Record
}

one sig Service {
  var read: set Record,
  var fresh: lone Instant,
  var knows: lone Service
}
/** fresh: the newest heartbeat. knows: of the revocation. */

fun taken: set Record { Topic.revocation + Topic.beat.Instant }
fun free: lone Record { min[Record - taken] }
fun waits: lone Grant { some Grant.revoked and no Relay.sent => Grant else none }
/** The revocation, committed and not sent. */

fact at_first {
  Now.at = first
  no revoked
  no held
  no looked
  no clear
  no busy
  no sent
  no beat
  no revocation
  no read
  no fresh
  no knows
}

pred relay_same {
  looked' = looked
  clear' = clear
  busy' = busy
  sent' = sent
}
pred topic_same {
  beat' = beat
  revocation' = revocation
}
pred service_same {
  read' = read
  fresh' = fresh
  knows' = knows
}
pred world_same {
  at' = at
  revoked' = revoked
  held' = held
}

pred tick {
  some next[Now.at]
  at' = Now -> next[Now.at]
  revoked' = revoked
  held' = held
  relay_same
  topic_same
  service_same
}

pred revoke {
  no Grant.revoked
  revoked' = Grant -> Now.at
  at' = at
  held' = held
  relay_same
  topic_same
  service_same
}

pred hold_or_let_go {
  some Relay.held implies no held' else held' = Relay -> Relay
  at' = at
  revoked' = revoked
  relay_same
  topic_same
  service_same
}

/** It reads what is unsent, and begins to send it: the revocation where it may choose that, or others' signals. */
pred look {
  no Relay.busy
  looked' = Relay -> Now.at
  clear' = (no waits => Relay -> Now.at else clear)
  (some waits and no Relay.held and GrantsFirst not in World.without) implies {
    some free
    revocation' = revocation + Topic -> free
    sent' = Relay -> Relay
    busy' = busy
  } else {
    revocation' = revocation
    sent' = sent
    busy' = Relay -> Relay or busy' = busy
  }
  beat' = beat
  world_same
  service_same
}

/** The broker has taken others' signals, at last. */
pred done {
  some Relay.busy
  no busy'
  looked' = looked
  clear' = clear
  sent' = sent
  world_same
  topic_same
  service_same
}

pred say {
  no Relay.busy
  some free
  let stamp = (SaidIfTrue in World.without => Relay.looked
      else LookedAt in World.without => (Relay.clear = Relay.looked => Now.at else none)
      else Relay.clear) {
    some stamp
    beat' = beat + Topic -> free -> stamp
  }
  revocation' = revocation
  relay_same
  world_same
  service_same
}

pred consume[r: Record] {
  r in taken - Service.read
  InOrder not in World.without implies r = min[taken - Service.read]
  read' = read + Service -> r
  knows' = knows + (r in Topic.revocation => Service -> Service else none -> none)
  fresh' = (some Topic.beat[r] and (no Service.fresh or lt[Service.fresh, Topic.beat[r]]) => Service -> Topic.beat[r] else fresh)
  world_same
  relay_same
  topic_same
}

pred nothing {
  world_same
  relay_same
  topic_same
  service_same
}

fact whatever_happens { always (nothing or tick or revoke or hold_or_let_go or look or done or say or (some r: Record | consume[r])) }

/** For how long a heartbeat counts: two ticks. */
fun counts_until[i: Instant]: set Instant { i + i.next + i.next.next }

/** The second test is not made once the bound is taken away. */
pred lets_in {
  no Service.knows
  some Service.fresh
  Bound not in World.without implies Now.at in counts_until[Service.fresh]
}

/** Whatever stands still, a revoked grant opens nothing later than the bound after its revocation. */
pred revoked_within_the_bound { always ((lets_in and some Grant.revoked) implies Now.at in counts_until[Grant.revoked]) }

check revocations_count_within_the_bound { built implies revoked_within_the_bound } for 1 but 5 Instant, 3 Record, 11..11 steps expect 0

// Each mechanism taken away, and what breaks.

/** As long as nobody holds the relay back, lanes alone make unlooked heartbeats true. */
check never_held_lanes_suffice { (only_without[SaidIfTrue] and always no held) implies revoked_within_the_bound } for 1 but 5 Instant, 3 Record, 11..11 steps expect 0
check where_others_go_first_the_bound_is_passed { (World.without = GrantsFirst + SaidIfTrue and always no held) implies revoked_within_the_bound } for 1 but 5 Instant, 2 Record, 10..10 steps expect 1
/** Held back, it said that all was well. */
check said_unlooked_the_bound_is_passed { only_without[SaidIfTrue] implies revoked_within_the_bound } for 1 but 5 Instant, 2 Record, 10..10 steps expect 1
check stamped_when_sent_the_bound_is_passed { only_without[LookedAt] implies revoked_within_the_bound } for 1 but 5 Instant, 2 Record, 10..10 steps expect 1
check out_of_order_the_bound_is_passed { only_without[InOrder] implies revoked_within_the_bound } for 1 but 5 Instant, 2 Record, 10..10 steps expect 1
check without_the_bound_revocations_wait { only_without[Bound] implies revoked_within_the_bound } for 1 but 5 Instant, 2 Record, 10..10 steps expect 1

// What surprised.

/** Lanes make revocations quick; it is the truth of the heartbeat that makes them certain. */
check where_others_go_first_an_honest_heartbeat_suffices { only_without[GrantsFirst] implies revoked_within_the_bound } for 1 but 5 Instant, 3 Record, 11..11 steps expect 0

// The model does something: a grant is open, is revoked, and is closed by the news of it and not by staleness.
run opened_and_revoked { built and eventually (lets_in and eventually (some Service.knows and Now.at in counts_until[Service.fresh])) } for 1 but 5 Instant, 2 Record, 10..10 steps expect 1
