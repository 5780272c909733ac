package io.mandate.server.lease;

import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Command.Expiry;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.server.raft.ReplicationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Expires due leases by commands. Confined to the keeper's thread.
 *
 * <p>The expiry of a due lease is proposed only after a proof of leadership that began when the lease was due, and only
 * if no request about the lease waits (L3). From the proposal on the lease is expiring: no renewal of it is
 * acknowledged until the outcome of the command is known. If the outcome is unknown (the command may be in the log and
 * be applied late), the same command is proposed again until there is one; applying it twice has no further effect.
 * Commands that an earlier term left in the log are applied before leadership of a later term is announced, so a new
 * leader has none to resolve.
 */
final class LeaseExpiries {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseExpiries.class);

    /**
     * Leases in one command: each may delete keys at a revision of its own, and writes must not wait long behind it.
     */
    static final int LEASES_PER_COMMAND_MAX = 1_000;

    /** Keys attached to the leases of one command. The last lease may exceed it, for a lease ends at one revision. */
    static final int KEYS_PER_COMMAND_MAX = 5_000;

    /** Commands in flight: one is applied while the next is replicated. */
    static final int COMMANDS_MAX = 2;

    /**
     * Back-off after a refusal or failure: one that lasts (an alarm, a lost majority) must not fill the log or spin.
     */
    private static final long RETRY_NANOS = 100_000_000;

    /** How long the expiry of a lease is deferred for a waiting request. */
    private static final long DEFERRAL_NANOS = 10_000_000;

    private static final class PendingExpiry {
        final long term;
        final List<Expiry> expiries;

        /** Whether an earlier proposal of this command may still be applied. */
        boolean mayBeInLog;

        long retryAtNanos;

        PendingExpiry(long term, List<Expiry> expiries) {
            this.term = term;
            this.expiries = expiries;
        }
    }

    private final LeaseContext context;
    private final LeaseRequests requests;
    private final List<PendingExpiry> toRetry = new ArrayList<>();
    private boolean proving;
    private int commands;
    private long backoffUntilNanos;

    LeaseExpiries(LeaseContext context, LeaseRequests requests) {
        this.context = context;
        this.requests = requests;
    }

    /** The time of the next action if no event comes before; {@link Long#MAX_VALUE} for none. */
    long nextNanos() {
        long next = Long.MAX_VALUE;
        if (context.isLeading() && !proving && commands < COMMANDS_MAX) {
            next = Math.max(backoffUntilNanos, context.clock.nextDueNanos());
        }
        for (PendingExpiry pending : toRetry) {
            next = Math.min(next, pending.retryAtNanos);
        }
        return next;
    }

    void leadershipLost() {
        commands -= toRetry.size();
        toRetry.clear();
    }

    void expireDue() {
        if (!context.isLeading()) {
            return;
        }
        retry();
        if (proving || commands == COMMANDS_MAX || nextNanos() > context.nowNanos) {
            return;
        }
        proving = true;
        long dueNanos = context.nowNanos;
        int suspensions = context.suspensions;
        context.replica
                .proveLeadership()
                .whenComplete((term, failure) -> context.loop.execute(() -> {
                    proving = false;
                    if (failure != null || term != context.leaderTerm) {
                        backOff();
                    } else if (suspensions == context.suspensions) {
                        expire(dueNanos);
                    }
                }));
    }

    private void backOff() {
        backoffUntilNanos = Math.max(backoffUntilNanos, context.nowNanos + RETRY_NANOS);
    }

    private void expire(long dueNanos) {
        Set<Long> deferred = requests.requestedLeases();
        while (commands < COMMANDS_MAX) {
            List<Expiry> expiries = takeDue(dueNanos, deferred);
            if (expiries.isEmpty()) {
                return;
            }
            commands++;
            propose(new PendingExpiry(context.leaderTerm, expiries));
        }
    }

    private List<Expiry> takeDue(long dueNanos, Set<Long> deferred) {
        List<Expiry> taken = new ArrayList<>();
        int keys = 0;
        while (taken.size() < LEASES_PER_COMMAND_MAX && keys < KEYS_PER_COMMAND_MAX) {
            Expiry first = context.clock.firstDue(dueNanos);
            if (first == null) {
                break;
            }
            if (deferred.contains(first.leaseId())) {
                context.clock.postponeFirst(context.nowNanos + DEFERRAL_NANOS);
            } else {
                context.clock.expireFirst();
                taken.add(first);
                keys += context.replica.keyspace().keysOf(first.leaseId()).size();
            }
        }
        return taken;
    }

    private void propose(PendingExpiry pending) {
        context.replica
                .propose(Request.of(new Command.LeaseExpire(pending.term, pending.expiries)))
                .whenComplete((outcome, failure) -> context.loop.execute(() -> resolve(pending, outcome, failure)));
    }

    private void retry() {
        List<PendingExpiry> due = new ArrayList<>();
        toRetry.removeIf(pending -> pending.retryAtNanos <= context.nowNanos && due.add(pending));
        due.forEach(this::propose);
    }

    private void resolve(PendingExpiry pending, @Nullable Outcome outcome, @Nullable Throwable failure) {
        if (pending.term != context.leaderTerm) {
            commands--; // the clock of another term does not have these leases
            return;
        }
        if (failure == null && !(outcome instanceof Outcome.Refused)) {
            commands--;
            for (Expiry expiry : pending.expiries) {
                context.clock.end(expiry);
                requests.ended(expiry.leaseId());
            }
            return;
        }
        LOG.info(
                "expiry-not-applied leases={} term={} cause=\"{}\"",
                pending.expiries.size(),
                pending.term,
                failure == null ? outcome : failure.getMessage());
        pending.mayBeInLog = failure != null && (pending.mayBeInLog || isIndeterminate(failure));
        if (pending.mayBeInLog) {
            pending.retryAtNanos = context.nowNanos + RETRY_NANOS;
            toRetry.add(pending);
            return;
        }
        commands--;
        backOff();
        for (Expiry expiry : pending.expiries) {
            context.clock.reinstate(expiry);
            requests.reinstated(expiry.leaseId());
        }
    }

    private static boolean isIndeterminate(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return !(cause instanceof ReplicationException known) || known.kind().isIndeterminate();
    }
}
