package io.mandate.election.internal.driver;

import io.mandate.election.Term;
import io.mandate.election.TermEnd;
import io.mandate.election.TermEndedException;
import io.mandate.election.internal.TermAccess;
import io.mandate.election.internal.TermState;
import io.mandate.election.internal.time.Moment;
import io.mandate.election.internal.time.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A term of this process. Every look reads the clocks, because the loop may be late. */
final class HeldTerm implements TermState {
    private final String election;
    private final String candidate;
    private final long token;
    private final HeldLease lease;
    private final Scheduler clocks;
    private final Executor workers;
    private final Consumer<TermEnd> overHere;
    private final AtomicReference<@Nullable TermEnd> end = new AtomicReference<>();
    private final CompletableFuture<TermEnd> ended = new CompletableFuture<>();
    private final CompletableFuture<Void> resignRequested = new CompletableFuture<>();
    /** Handed out in place of the above, which nobody else may complete. */
    private final CompletableFuture<TermEnd> endedShown = ended.copy();

    private final CompletableFuture<Void> resignRequestedShown = resignRequested.copy();
    private final Term term;

    /** @param overHere called when a look at the clocks, or a guard, ended the term before the loop did */
    HeldTerm(
            ElectionOptions options,
            long token,
            HeldLease lease,
            Scheduler clocks,
            Executor workers,
            Consumer<TermEnd> overHere) {
        this.election = options.name();
        this.candidate = options.candidate();
        this.token = token;
        this.lease = lease;
        this.clocks = clocks;
        this.workers = workers;
        this.overHere = overHere;
        this.term = TermAccess.of(this);
    }

    /** This term as users see it. */
    Term term() {
        return term;
    }

    @Override
    public String election() {
        return election;
    }

    @Override
    public String candidate() {
        return candidate;
    }

    @Override
    public long token() {
        return token;
    }

    @Override
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, remainingNanos()));
    }

    @Override
    public Instant deadline() {
        return Instant.ofEpochSecond(0, lease.deadline().onWallNanos());
    }

    @Override
    public void requireValid(Duration margin) {
        if (margin.isNegative()) {
            throw new IllegalArgumentException("a margin of " + margin + " is negative: give what the next step takes");
        }
        long remainingNanos = remainingNanos();
        TermEnd why = end.get();
        if (why != null) {
            throw new TermEndedException(this + " is over: " + why, why);
        }
        if (Duration.ofNanos(remainingNanos).compareTo(margin) < 0) {
            throw new TermEndedException(
                    this + " ends in " + remainingNanos / 1_000_000 + " ms unless it is renewed, sooner than the "
                            + margin + " asked for",
                    null);
        }
    }

    /** Once it was seen to be over it stays so, whichever way a clock is set. */
    private long remainingNanos() {
        if (end.get() != null) {
            return 0;
        }
        Moment now = clocks.now();
        long nanos = lease.deadline().remainingNanos(now);
        if (nanos <= 0) {
            // The loop ends terms at the deadline: it is about to, or stood still, and this process with it.
            endHere(lease.whyOver(now));
        }
        return nanos;
    }

    @Override
    public CompletableFuture<TermEnd> ended() {
        return endedShown;
    }

    @Override
    public CompletableFuture<Void> resignRequested() {
        return resignRequestedShown;
    }

    @Override
    public void superseded() {
        endHere(TermEnd.SUPERSEDED);
    }

    /**
     * What is done under it stops because too little of it is left: if it should have been renewed, that is why it is
     * over.
     */
    void endIfEndangered() {
        if (lease.isEndangered()) {
            endHere(TermEnd.STORE_UNREACHABLE);
        }
    }

    /** Ends it before the loop does, unless it is over. */
    void endHere(TermEnd why) {
        if (endOnce(why)) {
            overHere.accept(why);
        }
    }

    /**
     * Ends it, unless it is over.
     *
     * @return why it is over: the first reason counts
     */
    TermEnd end(TermEnd why) {
        endOnce(why);
        TermEnd first = end.get();
        return first == null ? why : first;
    }

    private boolean endOnce(TermEnd why) {
        boolean first = end.compareAndSet(null, why);
        if (first) {
            workers.execute(() -> ended.complete(why));
        }
        return first;
    }

    void askToResign() {
        workers.execute(() -> resignRequested.complete(null));
    }

    boolean wasAskedToResign() {
        return resignRequested.isDone();
    }

    /** Whether work that returned now may not count as done. */
    boolean isOver() {
        return remainingNanos() <= 0;
    }

    @Override
    public String toString() {
        return "term " + token + " of " + candidate + " in election " + election;
    }
}
