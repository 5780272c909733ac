package io.mandate.bench.harness;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Keeps as many operations outstanding as there are slots and measures those that end within a window. A slot whose
 * operation fails stops: one failure makes the measurement void, so going on would only hide it in a flood.
 * {@link #start()}, {@link #measure} and {@link #stop()} are called by one thread.
 */
public final class ClosedLoop {
    /** Longer than any server here lets a client wait (etcd: 7 s). */
    private static final long DRAIN_SECONDS_MAX = 15;

    /** Slower operations are recorded as this slow. */
    private static final long LATENCY_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    private static final int SIGNIFICANT_DIGITS = 3;

    private final List<? extends Slot> slots;
    private final AtomicLong budget;
    private final CountDownLatch running;
    private final AtomicReference<String> firstFailure = new AtomicReference<>();
    private final LongAdder failures = new LongAdder();
    private volatile Histogram latencies = newHistogram();
    private volatile boolean stopping;

    public ClosedLoop(List<? extends Slot> slots) {
        this(slots, Long.MAX_VALUE);
    }

    /** @param operationsMax after which it ends by itself */
    public ClosedLoop(List<? extends Slot> slots, long operationsMax) {
        this.slots = List.copyOf(slots);
        this.budget = new AtomicLong(operationsMax);
        this.running = new CountDownLatch(slots.size());
    }

    /** Warms up, measures one window, stops. */
    public static Measured run(List<? extends Slot> slots, Settings settings, CpuMeter cpu)
            throws InterruptedException {
        ClosedLoop loop = new ClosedLoop(slots);
        loop.start();
        TimeUnit.MILLISECONDS.sleep(settings.warmupMillis());
        Measured measured = loop.measure(settings.windowMillis(), cpu);
        Optional<String> failure = loop.stop();
        return failure.isPresent() ? measured.withFailure(failure.get()) : measured;
    }

    public void start() {
        slots.forEach(slot -> new Turn(slot).next());
    }

    /** Operations that end from now on for so long. */
    Measured measure(long windowMillis, CpuMeter cpu) throws InterruptedException {
        Histogram window = newHistogram();
        CpuMeter.Reading cpuBefore = cpu.read();
        long startNanos = System.nanoTime();
        latencies = window;
        TimeUnit.MILLISECONDS.sleep(windowMillis);
        latencies = newHistogram();
        long elapsedNanos = System.nanoTime() - startNanos;
        return Measured.of(window, elapsedNanos, cpu.read().minus(cpuBefore), failure());
    }

    /** Lets outstanding operations end. What went wrong since the start, if anything. */
    public Optional<String> stop() throws InterruptedException {
        stopping = true;
        return awaitEnd(DRAIN_SECONDS_MAX);
    }

    /** Waits until the budget is used up. What went wrong since the start, if anything. */
    Optional<String> awaitEnd(long secondsMax) throws InterruptedException {
        if (!running.await(secondsMax, TimeUnit.SECONDS)) {
            stopping = true;
            return Optional.of(running.getCount() + " operations unanswered after " + secondsMax + " s");
        }
        return failure();
    }

    private Optional<String> failure() {
        String first = firstFailure.get();
        return first == null ? Optional.empty() : Optional.of(failures.sum() + " failures, first: " + first);
    }

    private static Histogram newHistogram() {
        return new ConcurrentHistogram(LATENCY_NANOS_MAX, SIGNIFICANT_DIGITS);
    }

    /** One slot's running operation. */
    private final class Turn implements Slot.Outcome {
        private final Slot slot;
        private long sentNanos;

        Turn(Slot slot) {
            this.slot = slot;
        }

        void next() {
            if (stopping || budget.getAndDecrement() <= 0) {
                running.countDown();
                return;
            }
            sentNanos = System.nanoTime();
            slot.issue(this);
        }

        @Override
        public void succeeded() {
            latencies.recordValue(Math.min(System.nanoTime() - sentNanos, LATENCY_NANOS_MAX));
            next();
        }

        @Override
        public void failed(String reason) {
            failures.increment();
            firstFailure.compareAndSet(null, reason);
            running.countDown();
        }
    }
}
