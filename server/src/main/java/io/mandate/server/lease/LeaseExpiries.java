package io.mandate.server.lease;

import io.mandate.keyspace.Command;
import io.mandate.keyspace.Command.Expiry;
import io.mandate.keyspace.Outcome;
import io.mandate.keyspace.Request;
import io.mandate.server.raft.ReplicationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has due leases expired by commands. Belongs to the keeper's thread.
 *
 * <p>A lease found due is proposed as expired only after a proof of leadership that began then, and only if no question
 * about it waits (L3). From the proposal on it is condemned: no renewal of it is acknowledged until it is known what
 * came of the command. If that is open (the command may sit in the log and be applied late) the same command is
 * proposed again until there is an answer, for applying it twice does nothing more. What an earlier term left in the
 * log is applied before leadership of a later one is announced, so a new leader has nothing to resolve.
 */
final class LeaseExpiries {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseExpiries.class);

    /**
     * Leases in one command: each may delete keys at a revision of its own, and writes must not wait long behind it.
     */
    static final int LEASES_PER_COMMAND_MAX = 1_000;

    /**
     * Keys attached to the leases of one command; the last lease may bring more, for one lease ends at one revision.
     */
    static final int KEYS_PER_COMMAND_MAX = 5_000;

    /** Commands under way: one is applied while the next is replicated. */
    static final int COMMANDS_MAX = 2;

    /**
     * How long expiry waits after it was refused or failed: a refusal that lasts (an alarm, a lost majority) must not
     * fill the log or spin.
     */
    private static final long RETRY_NANOS = 100_000_000;

    /** When a lease that was spared for a waiting question is looked at again. */
    private static final long SPARED_NANOS = 10_000_000;

    private static final class Sentence {
        final long term;
        final List<Expiry> expiries;

        /** Whether an earlier proposal of it may still be applied. */
        boolean mayBeInLog;

        long againNanos;

        Sentence(long term, List<Expiry> expiries) {
            this.term = term;
            this.expiries = expiries;
        }
    }

    private final LeaseContext keeping;
    private final LeaseRequests questions;
    private final List<Sentence> toRepeat = new ArrayList<>();
    private boolean proving;
    private int commands;
    private long notBeforeNanos;

    LeaseExpiries(LeaseContext keeping, LeaseRequests questions) {
        this.keeping = keeping;
        this.questions = questions;
    }

    /** When something is to be done although nothing happens; {@link Long#MAX_VALUE} for never. */
    long nextNanos() {
        long next = Long.MAX_VALUE;
        if (keeping.isLeading() && !proving && commands < COMMANDS_MAX) {
            next = Math.max(notBeforeNanos, keeping.clock.nextDueNanos());
        }
        for (Sentence sentence : toRepeat) {
            next = Math.min(next, sentence.againNanos);
        }
        return next;
    }

    void leadershipLost() {
        commands -= toRepeat.size();
        toRepeat.clear();
    }

    void act() {
        if (!keeping.isLeading()) {
            return;
        }
        repeat();
        if (proving || commands == COMMANDS_MAX || nextNanos() > keeping.nowNanos) {
            return;
        }
        proving = true;
        long dueNanos = keeping.nowNanos;
        int suspensions = keeping.suspensions;
        keeping.replica
                .proveLeadership()
                .whenComplete((term, failure) -> keeping.loop.execute(() -> {
                    proving = false;
                    if (failure != null || term != keeping.leaderTerm) {
                        delay();
                    } else if (suspensions == keeping.suspensions) {
                        condemn(dueNanos);
                    }
                }));
    }

    private void delay() {
        notBeforeNanos = Math.max(notBeforeNanos, keeping.nowNanos + RETRY_NANOS);
    }

    private void condemn(long dueNanos) {
        Set<Long> spared = questions.leasesAskedFor();
        while (commands < COMMANDS_MAX) {
            List<Expiry> expiries = takeDue(dueNanos, spared);
            if (expiries.isEmpty()) {
                return;
            }
            commands++;
            propose(new Sentence(keeping.leaderTerm, expiries));
        }
    }

    private List<Expiry> takeDue(long dueNanos, Set<Long> spared) {
        List<Expiry> taken = new ArrayList<>();
        int keys = 0;
        while (taken.size() < LEASES_PER_COMMAND_MAX && keys < KEYS_PER_COMMAND_MAX) {
            Expiry first = keeping.clock.firstDue(dueNanos);
            if (first == null) {
                break;
            }
            if (spared.contains(first.leaseId())) {
                keeping.clock.postponeFirst(keeping.nowNanos + SPARED_NANOS);
            } else {
                keeping.clock.condemnFirst();
                taken.add(first);
                keys += keeping.replica.keyspace().keysOf(first.leaseId()).size();
            }
        }
        return taken;
    }

    private void propose(Sentence sentence) {
        keeping.replica
                .propose(Request.of(new Command.LeaseExpire(sentence.term, sentence.expiries)))
                .whenComplete((outcome, failure) -> keeping.loop.execute(() -> resolve(sentence, outcome, failure)));
    }

    private void repeat() {
        List<Sentence> now = new ArrayList<>();
        toRepeat.removeIf(sentence -> sentence.againNanos <= keeping.nowNanos && now.add(sentence));
        now.forEach(this::propose);
    }

    private void resolve(Sentence sentence, @Nullable Outcome outcome, @Nullable Throwable failure) {
        if (sentence.term != keeping.leaderTerm) {
            commands--; // another term's clock knows nothing of it
            return;
        }
        if (failure == null && !(outcome instanceof Outcome.Refused)) {
            commands--;
            for (Expiry expiry : sentence.expiries) {
                keeping.clock.end(expiry);
                questions.ended(expiry.leaseId());
            }
            return;
        }
        LOG.info(
                "expiry-not-applied leases={} term={} cause=\"{}\"",
                sentence.expiries.size(),
                sentence.term,
                failure == null ? outcome : failure.getMessage());
        sentence.mayBeInLog = failure != null && (sentence.mayBeInLog || isIndeterminate(failure));
        if (sentence.mayBeInLog) {
            sentence.againNanos = keeping.nowNanos + RETRY_NANOS;
            toRepeat.add(sentence);
            return;
        }
        commands--;
        delay();
        for (Expiry expiry : sentence.expiries) {
            keeping.clock.pardon(expiry);
            questions.pardoned(expiry.leaseId());
        }
    }

    private static boolean isIndeterminate(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return !(cause instanceof ReplicationException known) || known.kind().isIndeterminate();
    }
}
