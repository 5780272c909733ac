package io.mandate.cli.demo;

import io.grpc.StatusRuntimeException;
import io.mandate.election.store.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for what the demo needs next, for as long as that takes on this machine. Says what it is waiting for if it
 * takes more than a moment. Ends early if a process has ended that the demo still needs, and when the whole demo has
 * taken too long. One thread at a time, unless said otherwise.
 */
final class Waiting {
    /** A process that takes part. */
    interface Participant {
        String name();

        boolean isAlive();

        /** The end of what it printed, for whoever wants to know why it has ended. */
        String lastLines();
    }

    /** Passes time. */
    @FunctionalInterface
    interface Pause {
        void millis(long millis) throws InterruptedException;
    }

    /** For the whole demo: many times what it needs on a busy machine, and less than a build server's patience. */
    static final Duration LIMIT = Duration.ofMinutes(10);

    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long REPEAT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long LOOK_MILLIS = 5;
    private static final long SIGNAL_MILLIS_MAX = 200;

    private final Timeline timeline;
    private final LongSupplier clockNanos;
    private final Pause pause;
    private final long startNanos;
    private final List<Participant> needed = new CopyOnWriteArrayList<>();
    private volatile boolean stopping;

    Waiting(Timeline timeline) {
        this(timeline, System::nanoTime, TimeUnit.MILLISECONDS::sleep);
    }

    Waiting(Timeline timeline, LongSupplier clockNanos, Pause pause) {
        this.timeline = timeline;
        this.clockNanos = clockNanos;
        this.pause = pause;
        this.startNanos = clockNanos.getAsLong();
    }

    /** From now on no wait outlasts this process. */
    void need(Participant participant) {
        needed.add(participant);
    }

    /** This process may end, or is about to be ended. */
    void release(Participant participant) {
        needed.remove(participant);
    }

    /**
     * Waits until a look finds something.
     *
     * @param what completes the sentence "still waiting for"
     * @throws DemoException if a process that is needed has ended, or the demo has taken too long
     * @throws InterruptedException also if this process has been asked to end
     */
    <T> T forValue(String what, Supplier<Optional<T>> look) throws InterruptedException {
        long sayNanos = clockNanos.getAsLong() + SILENT_NANOS;
        while (true) {
            Optional<T> found = look.get();
            if (found.isPresent()) {
                return found.get();
            }
            requireAlive(what);
            requireTime(what);
            long nowNanos = clockNanos.getAsLong();
            if (nowNanos - sayNanos >= 0) {
                timeline.note("still waiting for: %s", what);
                sayNanos = nowNanos + REPEAT_NANOS;
            }
            pause.millis(LOOK_MILLIS);
        }
    }

    /** As {@link #forValue}, for a condition. */
    void until(String what, BooleanSupplier condition) throws InterruptedException {
        forValue(what, () -> condition.getAsBoolean() ? Optional.of(true) : Optional.empty());
    }

    /** Waits for an answer of the store, and asks again while it fails to give one. */
    <T> T answer(String what, Supplier<CompletableFuture<T>> question) throws InterruptedException {
        return forValue(what, asking(question));
    }

    /** A look that asks the store a question again and again, and finds each answer once. */
    static <T> Supplier<Optional<T>> asking(Supplier<CompletableFuture<T>> question) {
        return new Asked<>(question);
    }

    /**
     * Checks that there is time left.
     *
     * @throws DemoException if the demo has taken too long
     */
    void requireTime(String what) {
        if (clockNanos.getAsLong() - startNanos >= LIMIT.toNanos()) {
            throw new DemoException("given up after " + LIMIT.toMinutes() + " minutes, waiting for: " + what);
        }
    }

    /** This process has been asked to end: from any thread. */
    void stop() {
        stopping = true;
    }

    private void requireAlive(String what) throws InterruptedException {
        for (Participant participant : needed) {
            if (!participant.isAlive()) {
                // A terminal sends SIGINT to all of them, and this process may hear of it last.
                pause.millis(SIGNAL_MILLIS_MAX);
                if (stopping) {
                    throw new InterruptedException("asked to end");
                }
                throw new DemoException(participant.name() + " has ended by itself; the demo was waiting for: " + what
                        + ". Its last lines:\n" + participant.lastLines());
            }
        }
    }

    /** A question that is asked again after each answer, and after each failure that may pass. */
    private static final class Asked<T> implements Supplier<Optional<T>> {
        /** So that a store that is busy already is not asked all the time. */
        private static final int LOOKS_BETWEEN = 10;

        private final Supplier<CompletableFuture<T>> question;
        private @Nullable CompletableFuture<T> asked;
        private int looksUntilNext;

        Asked(Supplier<CompletableFuture<T>> question) {
            this.question = question;
        }

        @Override
        public Optional<T> get() {
            if (asked == null && looksUntilNext-- > 0) {
                return Optional.empty();
            }
            CompletableFuture<T> answer = asked == null ? question.get() : asked;
            asked = answer;
            if (!answer.isDone()) {
                return Optional.empty();
            }
            asked = null;
            looksUntilNext = LOOKS_BETWEEN;
            try {
                return Optional.of(answer.join());
            } catch (CompletionException failed) {
                if (failed.getCause() instanceof StoreException
                        || failed.getCause() instanceof StatusRuntimeException) {
                    return Optional.empty();
                }
                throw failed;
            }
        }
    }
}
