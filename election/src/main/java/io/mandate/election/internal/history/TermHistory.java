package io.mandate.election.internal.history;

import io.mandate.election.TermEnd;
import io.mandate.election.TermRecord;
import io.mandate.election.internal.queue.Names;
import io.mandate.election.internal.store.CheckedStore;
import io.mandate.election.internal.time.Scheduler;
import io.mandate.election.store.CasResult;
import io.mandate.election.store.Entry;
import io.mandate.election.store.LeaseStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down the terms of an election, the last so many of them, in one value of the store. Written beside the
 * election, which does not wait for it: behind what it asks of the store itself, and again after a pause if the store
 * does not take it, until {@link #close}. Confined to the loop it is given.
 */
public final class TermHistory {
    /** Terms that a history keeps at most, as one value of the store holds them all. */
    public static final int LENGTH_MAX = 200;

    private static final Logger LOG = LoggerFactory.getLogger(TermHistory.class);
    private static final String PREFIX = "mandate/history/";

    /** Others write as often as leaders change, so that one or two tries are enough, each right after the other. */
    private static final int TRIES_MAX = 5;
    /** Lost races in a row, the last ones seconds apart, of which an operator should hear. */
    private static final int LOST_RACES_TOLD = 10;

    private static final long PAUSE_NANOS_MIN = 100_000_000;
    private static final long PAUSE_NANOS_MAX = 10_000_000_000L;

    private final LeaseStore store;
    private final String election;
    private final String key;
    private final int length;
    private final Scheduler loop;
    private final List<UnaryOperator<List<TermRecord>>> unwritten = new ArrayList<>();
    private CompletableFuture<Void> written = CompletableFuture.completedFuture(null);
    /** How many of the first are in the request that is under way. */
    private int underWay;

    private int tries;
    private boolean closing;
    private boolean warned;
    private Scheduler.@Nullable Timer pause;

    /**
     * The history of an election.
     *
     * @param length how many terms are kept, up to {@value #LENGTH_MAX}; 0 to keep none
     */
    public TermHistory(LeaseStore store, String election, int length, Scheduler loop) {
        this.store = store;
        this.election = election;
        this.key = key(election);
        this.length = length;
        this.loop = loop;
    }

    /** Each in a directory of its own, so that the histories of many elections are written in one batch. */
    private static String key(String election) {
        return PREFIX + election + "/terms";
    }

    /**
     * The last terms of an election, the latest first.
     *
     * @throws IllegalArgumentException if no election can have this name
     */
    public static CompletionStage<List<TermRecord>> read(LeaseStore store, String election) {
        Names.requireElection(election);
        return CheckedStore.of(store)
                .read(key(election))
                .thenApply(entry -> entry.map(Entry::value).map(TermHistoryText::read).orElse(List.of()).stream()
                        .sorted(Comparator.comparingLong(TermRecord::token).reversed())
                        .toList());
    }

    /** A term has begun. */
    public void began(long token, String candidate, Instant at) {
        TermRecord begun = new TermRecord(token, candidate, at, Optional.empty(), Optional.empty());
        edit(terms -> {
            List<TermRecord> edited = new ArrayList<>(terms);
            edited.removeIf(term -> term.token() == token);
            edited.add(begun);
            return edited;
        });
    }

    /** A term has ended. */
    public void ended(long token, Instant at, TermEnd why) {
        edit(terms -> terms.stream()
                .map(term -> term.token() == token
                        ? new TermRecord(token, term.candidate(), term.from(), Optional.of(at), Optional.of(why))
                        : term)
                .toList());
    }

    /**
     * Takes no more terms. Completes when all are written; those that cannot be written after a few tries are dropped
     * with a warning.
     */
    public CompletableFuture<Void> close() {
        closing = true;
        tries = 0;
        if (pause != null) {
            pause.cancel();
            write();
        }
        return written;
    }

    private void edit(UnaryOperator<List<TermRecord>> edit) {
        if (length == 0) {
            return;
        }
        unwritten.add(edit);
        // Of terms that nobody could write down, no more than are kept: a begin and an end each.
        if (unwritten.size() - underWay > 2 * length) {
            unwritten.remove(underWay);
        }
        if (written.isDone()) {
            written = new CompletableFuture<>();
            tries = 0;
            loop.execute(this::write);
        }
    }

    private void write() {
        pause = null;
        List<UnaryOperator<List<TermRecord>>> edits = List.copyOf(unwritten);
        underWay = edits.size();
        tries++;
        CompletionStage<CasResult> swap;
        try {
            swap = store.read(key).thenCompose(entry -> {
                List<TermRecord> terms =
                        entry.map(Entry::value).map(TermHistoryText::read).orElse(List.of());
                for (UnaryOperator<List<TermRecord>> edit : edits) {
                    terms = edit.apply(terms);
                }
                String text = TermHistoryText.write(latest(terms));
                return store.compareAndSet(key, entry.map(Entry::version).orElse(0L), text, 0);
            });
        } catch (RuntimeException refused) {
            swap = CompletableFuture.failedStage(refused);
        }
        swap.whenComplete((done, failure) -> loop.execute(() -> answered(done, failure)));
    }

    private List<TermRecord> latest(List<TermRecord> terms) {
        List<TermRecord> sorted = new ArrayList<>(terms);
        sorted.sort(Comparator.comparingLong(TermRecord::token));
        return sorted.subList(Math.max(0, sorted.size() - length), sorted.size());
    }

    private void answered(@Nullable CasResult swap, @Nullable Throwable failure) {
        if (swap instanceof CasResult.Written) {
            warned = false;
            settled();
        } else if (failure == null && tries < TRIES_MAX) {
            write();
        } else {
            String cause = failure == null ? "others write all the time" : failure.getMessage();
            if (!warned && (failure != null || tries >= LOST_RACES_TOLD)) {
                warned = true;
                LOG.warn("history-not-written election={} cause=\"{}\"", election, cause);
            }
            if (closing && tries >= TRIES_MAX) {
                LOG.warn("history-dropped election={} cause=\"{}\"", election, cause);
                settled();
            } else {
                pause = loop.schedule(
                        Math.min(PAUSE_NANOS_MAX, PAUSE_NANOS_MIN << Math.min(tries - 1, 10)), this::write);
            }
        }
    }

    private void settled() {
        unwritten.subList(0, underWay).clear();
        underWay = 0;
        tries = 0;
        if (unwritten.isEmpty()) {
            written.complete(null);
        } else {
            write();
        }
    }
}
